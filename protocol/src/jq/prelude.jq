# Every filter that is not native. What is neither here nor in natives.rs does not exist, so this file is one half
# of the list of what is allowed. Each one ends, and its output is bounded by its input.

def empty: {}[] as $x | .;
def error: error_empty as $x | .;
def error(message): (message | error_empty) as $x | .;

# Booleans and types
def true: 0 == 0;
def false: 0 != 0;
def null: [][0];
def not: if . then false else true end;
def type:
    if . == null then "null"
  elif . == true or . == false then "boolean"
  elif . < "" then "number"
  elif . < [] then "string"
  elif . < {} then "array"
  else "object" end;
def isboolean: type == "boolean";
def isnumber: type == "number";
def isstring: type == "string";
def isarray: type == "array";
def isobject: type == "object";
def nan: infinite - infinite;
def isfinite: isnumber and (isinfinite | not) and (isnan | not);
def isnormal: isfinite and . != 0;

# Choosing
def select(f): if f then . else empty end;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(isboolean);
def numbers: select(isnumber);
def strings: select(isstring);
def arrays: select(isarray);
def objects: select(isobject);
def iterables: select(. >= []);
def scalars: select(. < []);
def finites: select(isfinite);
def normals: select(isnormal);
def isempty(g): first((g | false), true);
def all(g; cond): isempty(g | cond and empty);
def any(g; cond): isempty(g | cond or empty) | not;
def all(cond): all(.[]; cond);
def any(cond): any(.[]; cond);
def all: all(.[]; .);
def any: any(.[]; .);

# Conversion
def tostring: "\(.)";
def toarray: if isarray then . else [.] end;
def toboolean:
  if isboolean then . elif . == "true" then true elif . == "false" then false
  else error("cannot parse as boolean") end;
def @text: tostring;
def @json: tojson;

# Numbers
def abs: if isnumber then (if . < 0 then - . else . end) else error("cannot take the absolute value") end;
def fabs: abs;

# Paths and updates
def recurse: ..;
def paths: skip(1; path(..));
def paths(p): skip(1; path_value(..)) | if .[1] | p then .[0] else empty end;
def getpath($path): reduce $path[] as $p (.; .[$p]);
def setpath($path; $x): getpath($path) = $x;
def delpaths($paths): reduce ($paths | sort | reverse[]) as $path (.; getpath($path) |= empty);
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def walk(f): .. |= f;
def del(f): delpaths([path(f)]);
def to_entries: [key_values[] as [$key, $value] | { $key, $value }];
def from_entries:
  reduce .[] as $entry ({}; . + {
    ($entry
      | if has("key") then .key elif has("k") then .k elif has("name") then .name else null end
      | if isstring then . elif . == null then "null" else tojson end):
    ($entry | if has("value") then .value else .v end)
  });
def with_entries(f): to_entries | map(f) | from_entries;
def pick(f):
  reduce path_value(f) as [$path, $value] (null; setpath($path; $value));

# Arrays
def add(f): reduce f as $x (null; . + $x);
def add: add(.[]);
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def nth($n; g): first(skip($n; g));
def min_by(f): reduce min_by_or_empty(f) as $x (null; $x);
def max_by(f): reduce max_by_or_empty(f) as $x (null; $x);
def min: min_by(.);
def max: max_by(.);
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);
def keys: keys_unsorted | sort;
def flatten: flatten(128);
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def index($i): indices($i)[0];
def rindex($i): indices($i)[-1];

# Strings
def split($separator):
  if isstring and ($separator | isstring) then . / $separator
  else error("split needs a string and a string to split it by") end;
def trimstr($x): ltrimstr($x) | rtrimstr($x);
def ascii: [.] | implode;
