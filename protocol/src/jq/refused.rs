//! Names that jq knows and a projection may not use, each with the reason, so that a refusal explains itself.

const UNBOUNDED: &str = "its output is not bounded by the answer";
const ENVIRONMENT: &str = "an answer may not depend on the environment of a gateway";
const CLOCK: &str = "an answer may not depend on the clock or the time zone of a gateway";
const INPUT: &str = "the answer is the only input";
const PROCESS: &str = "a filter has no way out but its output";
const REGEX: &str = "regular expressions are left out";
const DATES: &str = "dates are left out";
const MATHEMATICS: &str = "its results differ between machines";
const FORMAT: &str = "of the formats only @text and @json are there";
const MODULES: &str = "a filter is one text, without modules";

/// Why a filter (or a variable, with its `$`) is refused, if it is one that jq has.
pub(super) fn reason(name: &str) -> Option<&'static str> {
    Some(match name {
        "range" | "repeat" | "while" | "until" | "recurse" | "recurse_down" | "combinations"
        | "transpose" | "tostream" | "fromstream" | "truncate_stream" => UNBOUNDED,
        "env"
        | "$ENV"
        | "input_filename"
        | "$__loc__"
        | "$__prog_args"
        | "$__prog_name"
        | "builtins"
        | "get_search_list"
        | "have_decnum"
        | "have_literal_numbers" => ENVIRONMENT,
        "now" | "localtime" | "strflocaltime" => CLOCK,
        "input" | "inputs" | "input_line_number" | "$__inputs" => INPUT,
        "halt" | "halt_error" | "debug" | "stderr" | "stderr_empty" | "debug_empty" => PROCESS,
        "test" | "match" | "capture" | "scan" | "splits" | "sub" | "gsub" | "matches" | "split_matches" => {
            REGEX
        }
        "mktime" | "gmtime" | "todate" | "fromdate" | "date" | "dateadd" | "datesub" | "strftime"
        | "strptime" | "todateiso8601" | "fromdateiso8601" => DATES,
        "sqrt" | "cbrt" | "pow" | "pow10" | "exp" | "exp2" | "exp10" | "expm1" | "log" | "log2" | "log10"
        | "log1p" | "logb" | "sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "sinh" | "cosh" | "tanh"
        | "asinh" | "acosh" | "atanh" | "atan2" | "fma" | "fmod" | "frexp" | "modf" | "ldexp" | "scalb"
        | "scalbln" | "gamma" | "lgamma" | "tgamma" | "significand" | "drem" | "trunc" | "rint"
        | "nearbyint" => MATHEMATICS,
        "@csv" | "@tsv" | "@html" | "@htmld" | "@sh" | "@uri" | "@urid" | "@base64" | "@base64d"
        | "@base32" | "@base32d" => FORMAT,
        "modulemeta" | "import" | "include" | "module" => MODULES,
        "rand" | "random" => "an answer may not depend on chance",
        _ => return None,
    })
}
