// The words of the .route language. Keywords are lower case; names are letters, digits and underscores.
//
// The first group is reserved: these words can't be used as names. Every other keyword can, see `name` in
// RouteParser.g4, so that a policy may have an attribute called `status` or a value called `date`.
lexer grammar RouteLexer;

// --- Reserved: what begins a declaration --------------------------------------------------------------------
POLICY       : 'policy';
IMPORT       : 'import';
TYPE         : 'type';
ATTRIBUTE    : 'attribute';
PROPERTY     : 'property';
JURISDICTION : 'jurisdiction';
CONDITION    : 'condition';
VENDOR       : 'vendor';
MODEL        : 'model';
DEPLOYMENT   : 'deployment';
DEPLOYMENTS  : 'deployments';
SERVICE      : 'service';
GROUP        : 'group';
LIMITS       : 'limits';
RULE         : 'rule';
REFUSE       : 'refuse';
ROUTE        : 'route';
GUARANTEE    : 'guarantee';
ACCEPT       : 'accept';
TEST         : 'test';

// --- Reserved: what joins the parts of one --------------------------------------------------------------------
WHEN    : 'when';
UNLESS  : 'unless';
REQUIRE : 'require';
FORBID  : 'forbid';
BECAUSE : 'because';
WITH    : 'with';
TO      : 'to';
THEN    : 'then';
AND     : 'and';
OR      : 'or';
NOT     : 'not';
IS      : 'is';
IN      : 'in';
HAS     : 'has';
INCLUDES: 'includes';
FROM    : 'from';
DEFAULT : 'default';
GIVEN   : 'given';
CASE    : 'case';
EXPECT  : 'expect';
CHEAPEST: 'cheapest';
FASTEST : 'fastest';
BEST    : 'best';

// --- Usable as names ----------------------------------------------------------------------------------------------
VERSION : 'version';  EXTENDS : 'extends';  ONE : 'one';  ANY : 'any';  ALL : 'all';  NONE : 'none';  OF : 'of';
YES : 'yes';  NO : 'no';  TEXT : 'text';  DATE_WORD : 'date';  COUNTRY : 'country';  TIME_WORD : 'time';  WEEKDAY : 'weekday';
NUMBER_WORD : 'number';  UP : 'up';
TOKENS : 'tokens';  PERCENT : 'percent';  MS : 'ms';  SECONDS : 's';  USD : 'USD';  EUR : 'EUR';  DAYS : 'days';
TENANT : 'tenant';  HEADER : 'header';  REQUEST : 'request';  CLASSIFIER : 'classifier';
DETECTOR : 'detector';  BUDGET : 'budget';  CLOCK : 'clock';
AS : 'as';  SOURCE : 'source';  UNTIL : 'until';  BETWEEN : 'between';  STARTS : 'starts';  EMPTY : 'empty';
HEADQUARTERS : 'headquarters';  HEADQUARTERED : 'headquartered';  CERTIFIED : 'certified';
QUALITY : 'quality';  CONTEXT : 'context';  CAPABILITIES : 'capabilities';  CAPABLE : 'capable';  LICENCE : 'licence';
TAGS : 'tags';  TAGGED : 'tagged';  SERVES : 'serves';  PROCESSED : 'processed';  PRICE : 'price';  OUT : 'out';  FIRST : 'first';
TOKEN : 'token';  ENDPOINT : 'endpoint';  KEY : 'key';  ENV : 'env';  STATUS : 'status';  RETENTION : 'retention';
SEEN : 'seen';  ONLY : 'only';  FOR : 'for';  MODELS : 'models';
WEIGHT : 'weight';  BY : 'by';  LISTED : 'listed';  WITHIN : 'within';  RETRY : 'retry';
ATTEMPTS : 'attempts';  DEADLINE : 'deadline';  ANSWER : 'answer';  COST : 'cost';
EVERY : 'every';  REACHED : 'reached';  NEVER : 'never';  THE : 'the';  CHOICE : 'choice';  SERVED : 'served';
REFUSED : 'refused';  ANSWERS : 'answers';  SURVIVES : 'survives';  LOSS : 'loss';  MAKES : 'makes';  AT : 'at';
MOST : 'most';  VENDORS : 'vendors';  COUNTRIES : 'countries';
ALLOWED : 'allowed';  THAT : 'that';  SAME : 'same';  IF : 'if';  LEAST : 'least';  COSTS : 'costs';
UNCOVERED : 'uncovered';  UNSERVABLE : 'unservable';

IDENTIFIER : [A-Za-z_] [A-Za-z0-9_]*;

// --- Literals ---------------------------------------------------------------------------------------------------------
DATE   : DIGIT DIGIT DIGIT DIGIT '-' DIGIT DIGIT '-' DIGIT DIGIT;   // 2026-08-02
TIME   : DIGIT DIGIT ':' DIGIT DIGIT;                               // 22:30
NUMBER : DIGIT [0-9_]* ('.' DIGIT+)? [kM]?;                         // 40  2.00  2_000_000  128k
STRING : '"' (~["\\\r\n] | '\\' ~[\r\n])* '"';
UNFINISHED_STRING : '"' (~["\\\r\n] | '\\' ~[\r\n])* '\\'?;
fragment DIGIT : [0-9];

LESS_EQUAL : '<=';  GREATER_EQUAL : '>=';  LESS : '<';  GREATER : '>';
EQUALS : '=';  LEFT_BRACE : '{';  RIGHT_BRACE : '}';  LEFT_PAREN : '(';  RIGHT_PAREN : ')';
COMMA : ',';  DOT : '.';  SLASH : '/';  PERCENT_SIGN : '%';

// No channels and no skipping here: what the parser does not see, compiler/syntax/token_stream.h leaves out.
// The grammar must tell no two characters beyond ASCII apart: compiler/syntax/tokens.cpp shows the lexer one for all.
COMMENT : '#' ~[\r\n]*;
BLANK   : [ \t\r\n]+;
OTHER   : . ;
