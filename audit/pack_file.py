"""Opening a proof pack for routeaudit.py: its envelope, its text and, after docs/proof-pack.md, the text's shape.

Nothing here can make a pack acceptable that routeaudit.py rejects. What has a part that nobody reads, lacks one, or has one of another
type is refused, and the place is named.
"""

import hashlib
import json
import struct
import zlib

SHAPES = """
pack bundle:hash core:core files:file* obligations:entry* places:places tools:tools;
hash sha256:s; file path:s policy:s sha256:s; tools cadical:s routec:s;
places guarantees:place* refusals:place* routes:place* rules:place*; place #files p;
entry name:s verdict:=proved cases:tree; entry name:s verdict:=proved clauses:clauses; entry name:s verdict:=violated witness:u*;
entry name:s verdict:=unknown; entry name:s verdict:=proved|violated|unknown open:s;
tree #dimensions u* tree tree; clauses cells:i** proof:step*; step i* u*;
core attributes:attribute* deployments:deployment* dimensions:dimension* guarantees:guarantee* layers:layer* limits:limits own_tags:s*
  policy:s properties:property* refusals:refusal* routes:route* rules:rule* services:service* version:s;
layer name:s version:s; limits answer_tokens:u attempts:u cost_hundredth_cents:u deadline_ms:u;
property kind:=one~of|yes/no|number|text|country|date name:s of_models:b unit:s;
attribute countries:u* cuts:i* default:s first_dimension:u has_default:b kind:=one~of|any~of|yes/no|number|text|country|date maximum:n
  name:s prefixes:s* sources:source* texts:s* unit:s values:s*;
source argument:s kind:s; dimension attribute:#attributes classes:p member:u;
deployment capabilities:s* certified:s* endpoint:s headquarters:u key_env:s model:s name:s price_in:n price_out:n processed_in:u
  status:s tags:s* upstream_model:s vendor:s context_tokens?:i first_token_ms?:i quality?:i quality~+?:i own~+?:f retention_days?:i
  seen_by?:s* seen_from?:u*;
service certified:s* endpoint:s headquarters:u key_env:s kind:s name:s processed_in:u question:s status:s tags:s* vendor:s within_ms:u
  own~+?:f retention_days?:i seen_by?:s* seen_from?:u*;
rule because:s implied:b keep:pair layer:#layers name:s when:condition;
refusal layer:#layers name:s reason:s when:condition;
route layer:#layers name:s tiers:tier* when:condition;
tier candidates:candidate* label:s limit:p? order:s retries:u? within_ms:u?; candidate deployment:#deployments weight:u;
guarantee layer:#layers name:s promise:promise text:s when:condition;
pair deployments:test; pair deployments:test services:test;
promise every_deployment_reached:pair; promise first_choice:test; promise served:served; promise survives_loss:loss;
promise bounded:bounded; promise costs_at_most:cost; promise compared:compared; promise +:x;
served unless_refused_by:#refusals*; loss count:u of:=name|vendor|processed_in; bounded attempts:u? within_ms:u?; cost usd:n;
compared attribute:#attributes than:u* value:u* what:=allowed|served;
compared attribute:#attributes fact:s than:u* value:u* what:=first_choice_at_least|first_choice_at_most;
condition all:condition*; condition any:condition*; condition not:condition; condition dimension:#dimensions classes:run*; run u u;
test all:test*; test any:test*; test not:test; test fact:s in:f*; test fact:s only_in:f*;
test fact:s at_least:i; test fact:s below:i; test fact:s at_least:i below:i"""
MOST_BYTES, MOST_PARTS, COUNTRIES, DEEPEST, LARGEST, SMALL = 1 << 27, 1 << 24, 249, 1000, (1 << 63) - 1, 0xFFFFFFFF
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
NUMBERS = {"price_in", "price_out", "first_token_ms", "retention_days", "quality", "context_tokens"}
PLACES = {"processed_in", "headquarters", "seen_from"}
TEXTS = {"name", "model", "vendor", "service", "certified", "capabilities", "status", "tags", "seen_by"}
PLAIN = {"s": lambda value: type(value) is str, "b": lambda value: type(value) is bool,
         "u": lambda value: type(value) is int and 0 <= value < SMALL, "p": lambda value: type(value) is int and 0 < value < SMALL,
         "n": lambda value: type(value) is int and 0 <= value < LARGEST, "i": lambda value: type(value) is int,
         "f": lambda value: type(value) in (str, int), "x": lambda value: type(value) is not float}


# Characters that are not shown, or change how others are: of control the tab alone is none.
HIDDEN = {*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFEFF,
          *range(0xE0000, 0xE0080)} - {ord("\t")}


class Rejected(Exception):
    """What is being checked is not what it claims to be."""


def need(holds, why):
    if not holds:
        raise Rejected(why)


def is_printable_ascii(text):
    return all(" " <= c <= "~" for c in text)


def read_shapes():
    """Of each type its shapes: of objects {member: type}, of lists [type]."""
    shapes = {}
    for text in SHAPES.split(";"):
        name, *parts = (word.replace("~", " ") for word in text.split())
        is_object = ":" in parts[0]
        shapes.setdefault(name, []).append(dict(part.split(":") for part in parts) if is_object else parts)
    return shapes


class Checker:
    def __init__(self, pack):
        self.pack, self.shapes, self.relations = pack, read_shapes(), False
        self.lists = {}

    def need(self, holds, path, why):
        if not holds:
            raise Rejected(f"the pack is malformed at {'/'.join(map(str, path)) or 'its top'}: {why}")

    def run(self):
        self.walk(self.pack, "pack", ())
        self.check_dimensions()
        self.relations = True
        self.walk(self.pack, "pack", ())

    def entries(self, name):
        holder = self.pack if name == "files" else self.pack["core"]
        found = holder.get(name) if isinstance(holder, dict) else None
        return found if isinstance(found, list) else []

    def classes(self, dimension):
        return self.entries("dimensions")[dimension]["classes"]

    def walk(self, value, of, path):
        self.need(len(path) <= DEEPEST, path, "this is nested too deeply")
        if type(value) is int:
            self.need(-LARGEST - 1 <= value <= LARGEST, path, "this number has more than 64 bits")
        if of.endswith("*"):
            self.need(type(value) is list, path, "this is no list")
            for i, each in enumerate(value):
                self.walk(each, of[:-1], (*path, i))
        elif of.endswith("?"):
            if value is not None:
                self.walk(value, of[:-1], path)
        elif of.startswith("="):
            self.need(type(value) is str and value in of[1:].split("|"), path, "this is none of the words that belong here")
        elif of.startswith("#"):
            self.need(type(value) is int and 0 <= value < len(self.entries(of[1:])), path, "there is no such entry")
        elif of in PLAIN:
            self.need(type(value) is not str or HIDDEN.isdisjoint(map(ord, value)), path,
                      "this text has a character that is not shown, or that changes how others are")
            self.need(PLAIN[of](value), path, "this is something of another type")
            if of == "x" and isinstance(value, (dict, list)):
                for name, part in value.items() if isinstance(value, dict) else enumerate(value):
                    self.need(is_printable_ascii(str(name)), path, "the name of a member has another character than those of ASCII")
                    self.walk(part, "x", (*path, name))
        elif of != "tree" or value is not True:
            self.walk_parts(value, of, path)

    def walk_parts(self, value, of, path):
        """An object or a list that has exactly the parts of one of the type's shapes."""
        parts = next((parts for parts in (self.fit(value, shape) for shape in self.shapes[of]) if parts is not None), None)
        self.need(parts is not None, path, "something is missing here, or does not belong here")
        for name, part, of_part in parts:
            self.walk(part, of_part, (*path, name))
        if self.relations and hasattr(self, f"check_{of}"):
            getattr(self, f"check_{of}")(value, path)

    @staticmethod
    def fit(value, shape):
        """Each part with its type; None if it is no such object or list."""
        if type(value) is not type(shape):
            return None
        if isinstance(shape, list):
            return list(zip(range(len(shape)), value, shape)) if len(value) == len(shape) else None
        plain = {name.rstrip("?"): of for name, of in shape.items()}
        if not all(map(is_printable_ascii, value)) or not {name for name in shape if name[-1] not in "?+"} <= set(value) or ("+" in shape and len(value) != 1):
            return None
        begun = [(name[:-1], of) for name, of in plain.items() if name[-1] == "+"]
        found = [(name, part, plain.get(name) or next((of for begin, of in begun if name.startswith(begin)), None)) for name, part in value.items()]
        return None if any(of is None for _, _, of in found) else found

    def check_dimensions(self):
        """Of each attribute in order, or of each of its values where it can have several; with as many classes as it has values apart."""
        expected = []
        for i, each in enumerate(self.entries("attributes")):
            path, kind, cuts = ("core", "attributes", i), each["kind"], each["cuts"]
            least, most = (FIRST_DAY, LAST_DAY) if kind == "date" else (0, each["maximum"])
            count = {"one of": len(each["values"]), "number": 1 + len(cuts), "date": 1 + len(cuts),
                     "text": 1 + len(each["prefixes"]) + len(each["texts"]), "country": 1 + max(each["countries"], default=0)}.get(kind, 2)
            self.need(len(each["countries"]) == COUNTRIES * (kind == "country"), path, "it has not a class for each country")
            self.need(all(a < b for a, b in zip(cuts, cuts[1:])) and all(least < cut <= most for cut in cuts), path,
                      "its cuts don't ascend between its least and its greatest value")
            self.need(each["first_dimension"] == len(expected), path, "its first dimension is another one")
            own = [{"attribute": i, "member": member, "classes": count} for member in range(self.dimensions_of(each))]
            self.need(self.entries("dimensions")[len(expected):len(expected) + len(own)] == own, path, "its dimensions are others")
            expected += own
        self.need(len(self.entries("dimensions")) == len(expected), ("core", "dimensions"), "there are more than the attributes have")

    @staticmethod
    def dimensions_of(attribute):
        return len(attribute["values"]) if attribute["kind"] == "any of" else 1

    # What is compared with something else, of each type.

    def check_condition(self, condition, path):
        if "dimension" in condition:
            runs = condition["classes"]
            self.need(all(first < end <= self.classes(condition["dimension"]) for first, end in runs) and
                      all(before[1] < after[0] for before, after in zip(runs, runs[1:])), path,
                      "these are no classes of the dimension, ascending and apart")

    def check_tree(self, tree, path):
        self.need(all(number < self.classes(tree[0]) for number in tree[1]), path, "there is no such class")

    def check_entry(self, entry, path):
        if "witness" in entry:
            self.check_classes(entry["witness"], 0, len(self.entries("dimensions")), path)

    def check_classes(self, classes, first, count, path):
        """One class of each of so many dimensions."""
        self.need(len(classes) == count and all(number < self.classes(first + i) for i, number in enumerate(classes)), path,
                  "there is not a class of each dimension")

    def check_compared(self, says, path):
        attribute = self.entries("attributes")[says["attribute"]]
        for side in ("value", "than"):
            self.check_classes(says[side], attribute["first_dimension"], self.dimensions_of(attribute), path)
        self.need("fact" not in says or self.is_number(says["fact"]), path, "this compares a fact that is no number")

    def check_deployment(self, deployment, path):
        for name, fact in deployment.items():
            if name.startswith("own "):
                self.need(self.is_property(name) and self.is_number(name) == (type(fact) is int), path,
                          "an own fact is of no property, or of another kind")
        self.need(("seen_by" in deployment) == ("seen_from" in deployment), path,
                  "seen_by and seen_from belong together")

    check_service = check_deployment

    def check_promise(self, promise, path):
        prompt = {"kind": "request", "argument": "prompt"}
        self.need("costs_at_most" not in promise or any(each["kind"] == "number" and prompt in each["sources"]
                                                        for each in self.entries("attributes")), path, "nothing says how long a prompt is")

    def check_core(self, core, path):
        self.need(core["limits"]["attempts"] <= 10_000, path, "there are more than 10000 attempts")

    def check_clauses(self, clauses, path):
        proof = clauses["proof"]
        self.need(all((not lemma) == (i + 1 == len(proof)) for i, (lemma, _) in enumerate(proof)), path,
                  "the last step, and only it, has an empty clause")

    def check_pack(self, pack, path):
        self.need(all(len(places) == len(self.entries(name)) for name, places in pack["places"].items()), path,
                  "there is not a place for each entry")

    def is_property(self, fact, kinds=None):
        return any(fact == "own " + each["name"] and (kinds is None or each["kind"] in kinds) for each in self.entries("properties"))

    def is_number(self, fact):
        return fact in NUMBERS or fact.startswith("quality ") or self.is_property(fact, ("number", "date"))

    def check_test(self, test, path):
        """A test asks for a range of numbers, for some of the countries or for some texts, according to the fact."""
        if "fact" not in test:
            return
        fact = test["fact"]
        values = test.get("in", test.get("only_in"))
        self.need(self.is_number(fact) or fact in PLACES | TEXTS or self.is_property(fact), path, "there is no such fact")
        self.need(self.is_number(fact) == (values is None), path,
                  "this asks for a number where there is none, or for something else where there is one")
        self.need(all(type(each) is int and 0 <= each < COUNTRIES if fact in PLACES else type(each) is str for each in values or ()), path,
                  "this is no value of the fact")


def open_pack(data):
    """The text of a pack, if it has the right envelope, is canonical JSON and has its shape. Raises Rejected."""
    need(data[:8] == b"\x89RPP\r\n\x1a\n" and len(data) >= 56, "this is not a proof pack")
    version, size = (struct.unpack_from("<Q", data, offset)[0] for offset in (8, 48))
    need(version == 4, "a version that is not understood")
    need(hashlib.sha256(data[48:]).digest() == data[16:48], "the proof pack is damaged: its checksum is another one")
    need(size <= MOST_BYTES, "the proof pack unpacks to more than 128 MiB")
    try:
        unpack = zlib.decompressobj()
        text = unpack.decompress(data[56:], size + 1)
        need(len(text) == size and unpack.eof and not unpack.unused_data, "the proof pack does not unpack")
        need(sum(map(text.count, (b",", b"[", b"{"))) <= MOST_PARTS, "the proof pack has more than 16777216 parts")
        pack = json.loads(text, parse_float=lambda number: need(False, f"{number} is no integer"))
        canonical = json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError, zlib.error) as error:
        raise Rejected(f"the proof pack does not unpack, or is no JSON ({error})") from error
    need(canonical == text, "the text is not canonical JSON")
    Checker(pack).run()
    return pack


def bundle_in(data, sha256):
    """The file itself, or one of the policies of a bundle of several."""
    if hashlib.sha256(data).hexdigest() == sha256:
        return data
    is_of_several = data[:8] == b"\x89RTC\r\n\x1a\n"
    need(not is_of_several or len(data) >= 24, "the bundle ends too early")
    count, = struct.unpack_from("<I", data, 12) if is_of_several else (0,)
    need(count <= 1024, "the bundle has more than 1024 policies")
    end = 24 + 16 * count
    need(not count or end <= len(data), "the bundle ends too early")
    for i in range(count):
        begin, size = struct.unpack_from("<QQ", data, 24 + 16 * i)
        need(end <= begin and begin + size <= len(data), "the policies of the bundle do not follow each other")
        if hashlib.sha256(data[begin:begin + size]).hexdigest() == sha256:
            return data[begin:begin + size]
        end = begin + size
    raise Rejected("the bundle is another one than the proof pack is about")
