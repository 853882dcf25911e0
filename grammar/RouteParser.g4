// The syntax of the .route language: the only definition of it. An example stands above each rule.
//
// Line ends mean nothing. Lists joined by `or` and `and` belong to the comparison before them
// (`tier is gold or platinum`); a connective between whole comparisons may not be mixed with the other one
// without parentheses, which the tree builder checks so that it can say so in plain words.
parser grammar RouteParser;

options { tokenVocab = RouteLexer; }

file : declaration* EOF;

declaration
  : policyLine | importLine | jurisdiction | namedType | attribute | property | namedCondition | vendor | model | deployment
  | service | group | limits | rule_ | refuse | route | guarantee | accept | test
  ;

// policy acme_production version "2026.11"          policy acme extends operator_base version "3"
policyLine : POLICY name (EXTENDS name)? (VERSION STRING)?;

// import std.jurisdictions          import "catalog.route"
importLine : IMPORT (STRING | name (DOT name)+);

// jurisdiction EEA "European Economic Area" = EU, IS, LI, NO as of 2026-01-01 source "https://…"
jurisdiction : JURISDICTION name STRING? EQUALS name (COMMA name)* asOf? sourceText?;
asOf : AS OF DATE;
sourceText : SOURCE STRING;

// type data_class = any of personal, health as of 2026-07-01 source "GDPR Art. 4 and 9"
namedType : TYPE name EQUALS type asOf? sourceText?;

// attribute data any of personal, health from header "x-data-class" and detector pii
attribute : ATTRIBUTE name (type | name) (FROM source (AND source)*)? (DEFAULT value (AND value)*)?;

type
  : ONE OF name (COMMA name)*              # oneOfType
  | ANY OF name (COMMA name)*              # anyOfType
  | YES SLASH NO                           # yesNoType
  | numberUnit (UP TO quantity)?           # numberType
  | TEXT                                   # textType
  | DATE_WORD                              # dateType
  | COUNTRY                                # countryType
  | TIME_WORD                              # timeType
  | WEEKDAY                                # weekdayType
  ;

numberUnit : TOKENS | PERCENT | MS | USD | EUR | NUMBER_WORD;

source
  : TENANT | HEADER STRING | REQUEST STRING? | CLASSIFIER STRING | DETECTOR name | BUDGET | CLOCK STRING?;

// condition sensitive = data includes personal or health        condition over(limit) = spend >= limit
namedCondition : CONDITION name parameters? EQUALS condition;

// What is declared with parameters is a shape: it says nothing until it is applied.
parameters : LEFT_PAREN name (COMMA name)* RIGHT_PAREN;
// std.guarantees.eu_residency(data)        over(80%)
application : name (DOT name)* arguments?;
arguments : LEFT_PAREN value (COMMA value)* RIGHT_PAREN;

// property hosting of deployments one of shared, dedicated default shared
// Its name is no word of the language: in a test it stands where many of those may stand.
property : PROPERTY IDENTIFIER OF (VENDORS | MODELS | DEPLOYMENTS) (type | name) (DEFAULT value)?;

// --- The catalogue -----------------------------------------------------------------------------------------------

// vendor mistral { headquarters FR   certified iso27001, soc2 }
vendor : VENDOR name LEFT_BRACE vendorProperty* RIGHT_BRACE;
vendorProperty
  : HEADQUARTERS name
  | CERTIFIED name (COMMA name)*
  | factProperty
  ;
// What every part of the catalogue may say: since when it is known, from where, and properties of one's own.
factProperty : asOf | sourceText | IDENTIFIER value;

// model mistral_large { quality 84   quality code 81   context 128k tokens   capabilities tools, json }
model : MODEL name LEFT_BRACE modelProperty* RIGHT_BRACE;
modelProperty
  : QUALITY name? NUMBER
  | CONTEXT quantity
  | CAPABILITIES name (COMMA name)*
  | LICENCE name
  | TAGS name (COMMA name)*
  | factProperty
  ;

// deployment mistral_large_paris serves mistral_large { vendor mistral  processed in FR  … }
deployment : DEPLOYMENT name SERVES name LEFT_BRACE deploymentProperty* RIGHT_BRACE;
deploymentProperty
  : VENDOR name
  | PROCESSED IN name
  | PRICE quantity IN COMMA quantity OUT
  | FIRST TOKEN quantity
  | RETENTION quantity
  | STATUS name
  | TAGS name (COMMA name)*
  | ENDPOINT STRING
  | MODEL STRING
  | KEY ENV name
  | SEEN BY name (COMMA name)*
  | factProperty
  ;

// service triage answers classifier "difficulty" { vendor acme_classify  processed in FR  endpoint "https://…"  within 50 ms }
service : SERVICE name ANSWERS source LEFT_BRACE serviceProperty* RIGHT_BRACE;
serviceProperty
  : VENDOR name
  | PROCESSED IN name
  | RETENTION quantity
  | STATUS name
  | TAGS name (COMMA name)*
  | ENDPOINT STRING
  | KEY ENV name
  | WITHIN quantity
  | SEEN BY name (COMMA name)*
  | factProperty
  ;

// group frontier = claude_opus_eu weight 3, gpt_eu weight 1        group economy = cheapest 3 deployments with quality >= 50
group : GROUP name EQUALS (selection | member (COMMA member)*) order?;
member : name (WEIGHT NUMBER)?;

selection
  : (CHEAPEST | FASTEST | BEST) NUMBER? (DEPLOYMENT | DEPLOYMENTS) (WITH deploymentTest)?
  | DEPLOYMENTS (WITH deploymentTest)?
  ;

order : BY (WEIGHT | CHEAPEST | FASTEST | QUALITY) | AS LISTED;

// limits { attempts 6   deadline 30 s   answer 8_000 tokens   cost 2 USD }
limits : LIMITS LEFT_BRACE limit* RIGHT_BRACE;
limit : ATTEMPTS NUMBER | (DEADLINE | ANSWER | COST) quantity;

// --- What is never allowed -----------------------------------------------------------------------------------------

// rule cost_ceiling unless tier is platinum require price out <= 15 USD because "…"
// rule health_stays = std.rules.stays_in(data, health, EU)
rule_ : RULE name (EQUALS application | parameters? dates clause* effect+) (BECAUSE STRING)?;
dates : (FROM DATE)? (UNTIL DATE)?;
clause : WHEN condition | UNLESS condition;
effect : REQUIRE deploymentTest | FORBID deploymentTest;

// refuse banned_export when origin in sanctioned with "not available in your region"
refuse : REFUSE name dates clause* (WITH STRING)?;

// --- Where it goes ---------------------------------------------------------------------------------------------------

// route easy when difficulty < 40% to economy within 800 ms, then workhorse retry 2
route : ROUTE name dates clause* TO tier (COMMA? THEN tier)*;
tier : target tierOption*;
target : selection | name | LEFT_BRACE member (COMMA member)* RIGHT_BRACE;
tierOption : order | WITHIN quantity | RETRY NUMBER;

// --- What is promised ------------------------------------------------------------------------------------------------

// guarantee eu_only when data includes personal, every deployment reached is processed in EU
// guarantee eu_only = std.guarantees.eu_residency(data)
guarantee : GUARANTEE name (EQUALS application | parameters? (WHEN condition COMMA)? promise);
promise
  : EVERY DEPLOYMENT REACHED deploymentTest                                                        # everyReached
  | NEVER deploymentTest                                                                           # neverReached
  | THE FIRST CHOICE deploymentTest                                                                # firstChoice
  | EVERY REQUEST IS SERVED (UNLESS REFUSED BY name ((COMMA | OR) name)*)?                         # served
  | EVERY REQUEST IS REFUSED ONLY BY name ((COMMA | OR) name)*                                     # refusedOnly
  | SERVICE SURVIVES THE LOSS OF ANY NUMBER lossUnit                                               # survives
  | EVERY REQUEST MAKES AT MOST NUMBER ATTEMPTS (WITHIN quantity)?                                 # bounded
  | EVERY REQUEST COSTS AT MOST quantity                                                           # costsAtMost
  | EVERY REQUEST WITH setting IS ALLOWED EVERY DEPLOYMENT THAT THE SAME REQUEST WITH setting IS   # allowedAsMuch
  | EVERY REQUEST WITH setting IS SERVED IF THE SAME REQUEST WITH setting IS                       # servedAsMuch
  | THE FIRST CHOICE WITH setting HAS numberOfDeployment AT (LEAST | MOST) THAT WITH setting       # firstChoiceAsGood
  ;
// tier platinum        data health and personal
setting : name IS? cell;
numberOfDeployment : PRICE (IN | OUT) | FIRST TOKEN | RETENTION | QUALITY name? | CONTEXT;
lossUnit : VENDOR | VENDORS | DEPLOYMENT | DEPLOYMENTS | COUNTRY | COUNTRIES;

// accept R0504 for old_rule because "kept until the contract ends"
accept : ACCEPT name (FOR name (COMMA name)*)? BECAUSE STRING;

// test "a German health record" given tier gold, data health expect route everything_else, never vendor openai
// test "who goes where" given spend 0%, tier, workload
//   case gold, chat        expect route everything_else
//   case silver, expenses  expect route expenses
test : TEST STRING (GIVEN given (COMMA given)*)? (expected | testCase+);
given : name (IS? cell)?;
testCase : CASE cell (COMMA cell)* expected;
cell : value (AND value)*;
expected : EXPECT expectation (COMMA expectation)*;
expectation
  : ROUTE name                               # expectRoute
  | REFUSED (BY name)?                       # expectRefused
  | UNCOVERED                                # expectUncovered
  | UNSERVABLE                               # expectUnservable
  | EVERY DEPLOYMENT REACHED deploymentTest  # expectEvery
  | NEVER deploymentTest                     # expectNever
  | THE FIRST CHOICE deploymentTest          # expectFirst
  ;

// --- Conditions on a request -------------------------------------------------------------------------------------------

// tier is gold or platinum        data includes personal and spend >= 100%        not (difficulty < 40%)
condition : conditionTerm (connective conditionTerm)*;
connective : AND | OR;
conditionTerm
  : NOT conditionTerm                        # notCondition
  | LEFT_PAREN condition RIGHT_PAREN         # groupedCondition
  | comparison                               # plainCondition
  ;

comparison
  : name IS NOT? EMPTY                                     # emptiness
  | name IS NOT? choice                                    # equality
  | name NOT? IN choice                                    # membership
  | name INCLUDES ((ALL | ANY | NONE) OF)? values          # inclusion
  | name comparator bound                                  # inequality
  | name BETWEEN bound AND bound                           # interval
  | name STARTS WITH STRING (OR STRING)*                   # prefix
  | name (DOT name)* arguments                             # appliedShape
  | name                                                   # bareName
  ;

// A name is a weekday, or the parameter of a shape.
bound : quantity | name;

comparator : LESS | LESS_EQUAL | GREATER | GREATER_EQUAL;

// gold or platinum        { mistral, aleph_alpha }: of what has one value, so that an `and` begins the next comparison
choice
  : LEFT_BRACE (value (COMMA value)*)? RIGHT_BRACE         # setChoice
  | value (OR value)*                                      # orChoice
  ;

// gold or platinum        personal and health        { mistral, aleph_alpha }
values
  : LEFT_BRACE (value (COMMA value)*)? RIGHT_BRACE         # setOfValues
  | value (OR value)+                                      # eitherValue
  | value (AND value)+                                     # everyValue
  | value                                                  # oneValue
  ;

value : name | quantity | STRING;

// --- Conditions on a deployment ------------------------------------------------------------------------------------------

// processed in EU and not vendor openai        price out <= 15 USD        open_weights and quality >= 70
deploymentTest : deploymentTerm (connective deploymentTerm)*;
deploymentTerm
  : NOT deploymentTerm                        # notDeployment
  | LEFT_PAREN deploymentTest RIGHT_PAREN     # groupedDeployment
  | (IS NOT? | HAS NOT?)? fact                # plainDeployment
  ;

fact
  : PROCESSED IN choice                                              # processedFact
  | HEADQUARTERED IN choice                                          # headquartersFact
  | (VENDOR | MODEL | DEPLOYMENT | SERVICE | STATUS) (IS? NOT? | NOT? IN) choice  # identityFact
  | CERTIFIED values                                                 # certifiedFact
  | CAPABLE OF values                                                # capableFact
  | PRICE (IN | OUT) range                                           # priceFact
  | FIRST TOKEN range                                                # firstTokenFact
  | RETENTION range                                                  # retentionFact
  | SEEN ONLY? (BY | FROM) choice                                    # seenFact
  | QUALITY name? range                                              # qualityFact
  | CONTEXT range                                                    # contextFact
  | IN choice                                                        # groupFact
  | TAGGED values                                                    # taggedFact
  | IDENTIFIER (IS NOT? | NOT? IN) choice                            # ownFact
  | IDENTIFIER range                                                 # ownRangeFact
  | IDENTIFIER                                                       # tagFact
  ;

range : comparator bound | BETWEEN bound AND bound;

// --- Words and numbers -----------------------------------------------------------------------------------------------------

// 40%        2.00 USD        128k tokens        800 ms        2026-08-02        22:30
quantity : NUMBER unit? | DATE | TIME;
unit : PERCENT_SIGN | PERCENT | TOKENS | MS | SECONDS | USD | EUR | DAYS;

name
  : IDENTIFIER
  | VERSION | EXTENDS | ONE | ANY | ALL | NONE | OF | YES | NO | TEXT | DATE_WORD | COUNTRY | TIME_WORD | WEEKDAY | NUMBER_WORD | UP
  | TOKENS | PERCENT | MS | SECONDS | USD | EUR | DAYS
  | TENANT | HEADER | REQUEST | CLASSIFIER | DETECTOR | BUDGET | CLOCK
  | AS | SOURCE | UNTIL | BETWEEN | STARTS | EMPTY
  | HEADQUARTERS | HEADQUARTERED | CERTIFIED | QUALITY | CONTEXT | CAPABILITIES | CAPABLE | LICENCE
  | TAGS | TAGGED | SERVES | PROCESSED | PRICE | OUT | FIRST | TOKEN | ENDPOINT | KEY | ENV | STATUS | RETENTION
  | SEEN | ONLY | FOR | MODELS
  | WEIGHT | BY | LISTED | WITHIN | RETRY | ATTEMPTS | DEADLINE | ANSWER | COST
  | EVERY | REACHED | NEVER | THE | CHOICE | SERVED | REFUSED | ANSWERS | SURVIVES | LOSS | MAKES | AT
  | MOST | LEAST | VENDORS | COUNTRIES | ALLOWED | THAT | SAME | IF | COSTS | UNCOVERED | UNSERVABLE
  ;
