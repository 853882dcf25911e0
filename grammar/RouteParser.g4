// The syntax of the .route language: the only definition of it. An example stands above each rule.
//
// Line ends mean nothing. Lists joined by `or` and `and` belong to the comparison before them
// (`tier is gold or platinum`); a connective between whole comparisons may not be mixed with the other one
// without parentheses, which the tree builder checks so that it can say so in plain words.
parser grammar RouteParser;

options { tokenVocab = RouteLexer; }

file : declaration* EOF;

declaration
  : policyLine | importLine | jurisdiction | attribute | namedCondition | vendor | model | deployment
  | group | limits | rule_ | refuse | route | guarantee | test
  ;

// policy acme_production version "2026.11"
policyLine : POLICY name (VERSION STRING)?;

// import std.jurisdictions          import "catalog.route"
importLine : IMPORT (STRING | name (DOT name)+);

// jurisdiction EEA "European Economic Area" = EU, IS, LI, NO as of 2026-01-01 source "https://…"
jurisdiction : JURISDICTION name STRING? EQUALS name (COMMA name)* (AS OF DATE)? (SOURCE STRING)?;

// attribute data any of personal, health from header "x-data-class" and detector pii
attribute : ATTRIBUTE name type (FROM source (AND source)*)? (DEFAULT value (AND value)*)?;

type
  : ONE OF name (COMMA name)*              # oneOfType
  | ANY OF name (COMMA name)*              # anyOfType
  | YES SLASH NO                           # yesNoType
  | numberUnit (UP TO quantity)?           # numberType
  | TEXT                                   # textType
  | DATE_WORD                              # dateType
  | COUNTRY                                # countryType
  ;

numberUnit : TOKENS | PERCENT | MS | USD | EUR | NUMBER_WORD;

source
  : TENANT | HEADER STRING | REQUEST STRING? | CLASSIFIER STRING | DETECTOR name | BUDGET | CLOCK;

// condition sensitive = data includes personal or health
namedCondition : CONDITION name EQUALS condition;

// --- The catalogue -----------------------------------------------------------------------------------------------

// vendor mistral { headquarters FR   certified iso27001, soc2 }
vendor : VENDOR name LEFT_BRACE vendorProperty* RIGHT_BRACE;
vendorProperty
  : HEADQUARTERS name
  | CERTIFIED name (COMMA name)*
  ;

// model mistral_large { quality 84   quality code 81   context 128k tokens   capabilities tools, json }
model : MODEL name LEFT_BRACE modelProperty* RIGHT_BRACE;
modelProperty
  : QUALITY name? NUMBER
  | CONTEXT quantity
  | CAPABILITIES name (COMMA name)*
  | LICENCE name
  | TAGS name (COMMA name)*
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
  ;

// group frontier = claude_opus_eu weight 3, gpt_eu weight 1        group economy = cheapest 3 deployments with quality >= 50
group : GROUP name EQUALS (selection | member (COMMA member)*) order?;
member : name (WEIGHT NUMBER)?;

selection
  : (CHEAPEST | FASTEST | BEST) NUMBER? (DEPLOYMENT | DEPLOYMENTS) (WITH deploymentTest)?
  | DEPLOYMENTS (WITH deploymentTest)?
  ;

order : BY (WEIGHT | CHEAPEST | FASTEST | QUALITY) | AS LISTED;

// limits { attempts 6   deadline 30 s }
limits : LIMITS LEFT_BRACE limit* RIGHT_BRACE;
limit : ATTEMPTS NUMBER | DEADLINE quantity;

// --- What is never allowed -----------------------------------------------------------------------------------------

// rule cost_ceiling unless tier is platinum require price out <= 15 USD because "…"
rule_ : RULE name dates clause* effect+ (BECAUSE STRING)?;
dates : (FROM DATE)? (UNTIL DATE)?;
clause : WHEN condition | UNLESS condition;
effect : REQUIRE deploymentTest | FORBID deploymentTest;

// refuse banned_export when origin in sanctioned with "not available in your region"
refuse : REFUSE name dates clause* (WITH STRING)?;

// --- Where it goes ---------------------------------------------------------------------------------------------------

// route easy when difficulty < 40% to economy within 800 ms, then workhorse retry 2
route : ROUTE name clause* TO tier (COMMA? THEN tier)*;
tier : target tierOption*;
target : selection | name | LEFT_BRACE member (COMMA member)* RIGHT_BRACE;
tierOption : order | WITHIN quantity | RETRY NUMBER;

// --- What is promised ------------------------------------------------------------------------------------------------

// guarantee eu_only when data includes personal, every deployment reached is processed in EU
guarantee : GUARANTEE name (WHEN condition COMMA)? promise;
promise
  : EVERY DEPLOYMENT REACHED deploymentTest                                                        # everyReached
  | NEVER deploymentTest                                                                           # neverReached
  | THE FIRST CHOICE deploymentTest                                                                # firstChoice
  | EVERY REQUEST IS SERVED (UNLESS REFUSED BY name ((COMMA | OR) name)*)?                         # served
  | SERVICE SURVIVES THE LOSS OF ANY NUMBER lossUnit                                               # survives
  | EVERY REQUEST MAKES AT MOST NUMBER ATTEMPTS (WITHIN quantity)?                                 # bounded
  ;
lossUnit : VENDOR | VENDORS | DEPLOYMENT | DEPLOYMENTS | COUNTRY | COUNTRIES;

// test "a German health record" given tier gold, data health expect route everything_else, never vendor openai
test : TEST STRING GIVEN assignment (COMMA assignment)* EXPECT expectation (COMMA expectation)*;
assignment : name IS? value (AND value)*;
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
  | name IS NOT? values                                    # equality
  | name NOT? IN values                                    # membership
  | name INCLUDES ((ALL | ANY | NONE) OF)? values          # inclusion
  | name comparator quantity                               # inequality
  | name BETWEEN quantity AND quantity                     # interval
  | name STARTS WITH STRING                                # prefix
  | name                                                   # bareName
  ;

comparator : LESS | LESS_EQUAL | GREATER | GREATER_EQUAL;

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
  : PROCESSED IN values                                              # processedFact
  | HEADQUARTERED IN values                                          # headquartersFact
  | (VENDOR | MODEL | DEPLOYMENT | STATUS) (IS? NOT? | NOT? IN) values  # identityFact
  | CERTIFIED values                                                 # certifiedFact
  | CAPABLE OF values                                                # capableFact
  | PRICE (IN | OUT) range                                           # priceFact
  | FIRST TOKEN range                                                # firstTokenFact
  | RETENTION range                                                  # retentionFact
  | QUALITY name? range                                              # qualityFact
  | CONTEXT range                                                    # contextFact
  | IN values                                                        # groupFact
  | TAGGED values                                                    # taggedFact
  | IDENTIFIER                                                       # tagFact
  ;

range : comparator quantity | BETWEEN quantity AND quantity;

// --- Words and numbers -----------------------------------------------------------------------------------------------------

// 40%        2.00 USD        128k tokens        800 ms        2026-08-02
quantity : NUMBER unit? | DATE;
unit : PERCENT_SIGN | PERCENT | TOKENS | MS | SECONDS | USD | EUR | DAYS;

name
  : IDENTIFIER
  | VERSION | ONE | ANY | ALL | NONE | OF | YES | NO | TEXT | DATE_WORD | COUNTRY | NUMBER_WORD | UP
  | TOKENS | PERCENT | MS | SECONDS | USD | EUR | DAYS
  | TENANT | HEADER | REQUEST | CLASSIFIER | DETECTOR | BUDGET | CLOCK
  | AS | SOURCE | UNTIL | BETWEEN | STARTS | EMPTY
  | HEADQUARTERS | HEADQUARTERED | CERTIFIED | QUALITY | CONTEXT | CAPABILITIES | CAPABLE | LICENCE
  | TAGS | TAGGED | SERVES | PROCESSED | PRICE | OUT | FIRST | TOKEN | ENDPOINT | KEY | ENV | STATUS | RETENTION
  | WEIGHT | BY | LISTED | WITHIN | RETRY | ATTEMPTS | DEADLINE
  | EVERY | REACHED | NEVER | THE | CHOICE | SERVED | REFUSED | SERVICE | SURVIVES | LOSS | MAKES | AT
  | MOST | VENDORS | COUNTRIES | UNCOVERED | UNSERVABLE
  ;
