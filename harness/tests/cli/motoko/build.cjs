// Compiles price.mo to price.wasm.gz: `npm install motoko@4.10.0 && node build.cjs`. The package is the Motoko compiler,
// compiled to JavaScript; it works offline. The names of functions are left out, which nobody needs to run it.
const { readFileSync, writeFileSync } = require("node:fs");
const { gzipSync } = require("node:zlib");
const motoko = require("motoko");

motoko.write("price.mo", readFileSync(`${__dirname}/price.mo`, "utf8"));
const wasm = motoko.wasm("price.mo", "ic").wasm;

// A section is an id, a length in groups of seven bits, and so many bytes.
function number(at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = wasm[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

const kept = [wasm.slice(0, 8)];
for (let at = 8; at < wasm.length; ) {
  const [length, start] = number(at + 1);
  const [nameLength, nameStart] = number(start);
  const name = Buffer.from(wasm.slice(nameStart, nameStart + nameLength)).toString();
  if (wasm[at] !== 0 || name !== "name") kept.push(wasm.slice(at, start + length));
  at = start + length;
}
writeFileSync(`${__dirname}/price.wasm.gz`, gzipSync(Buffer.concat(kept), { level: 9 }));
