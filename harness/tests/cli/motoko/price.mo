// A canister as a Motoko developer writes one: it asks for a price, and its transform leaves the headers out.
// build.cjs compiles it.
import Prim "mo:⛔";

persistent actor {
  type Header = { name : Text; value : Text };
  type Response = { status : Nat; headers : [Header]; body : Blob };
  type Request = {
    url : Text;
    max_response_bytes : ?Nat64;
    method : { #get; #head; #post };
    headers : [Header];
    body : ?Blob;
    transform : ?{
      function : shared query { response : Response; context : Blob } -> async Response;
      context : Blob;
    };
    is_replicated : ?Bool;
  };

  transient let management : actor { http_request : Request -> async Response } = actor "aaaaa-aa";
  var asked = 0;

  public query func transform(args : { response : Response; context : Blob }) : async Response {
    { args.response with headers = [] };
  };

  func price(url : Text, through : Bool) : async* { body : ?Text; asked : Nat } {
    asked += 1;
    let response = await (with cycles = 1_000_000_000) management.http_request({
      url;
      max_response_bytes = ?2_000;
      method = #get;
      headers = [{ name = "accept"; value = "application/json" }];
      body = null;
      transform = if through { ?{ function = transform; context = "" } } else { null };
      is_replicated = null;
    });
    { body = Prim.decodeUtf8(response.body); asked };
  };

  public func ask(url : Text) : async { body : ?Text; asked : Nat } {
    await* price(url, true);
  };

  public func ask_plainly(url : Text) : async { body : ?Text; asked : Nat } {
    await* price(url, false);
  };
};
