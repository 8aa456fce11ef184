// Second implementations of what embassies sign and seal with. Reads one question as JSON from
// stdin and answers as JSON: node second.mjs < question.json
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";

const FIELDS = ["@method", "@target-uri", "content-type", "content-digest"];
const PARAMETERS = ["created", "expires", "keyid", "alg", "nonce", "tag"];
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
});
const envelopes = new CipherSuite({
  kem: new XWing(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
});
const LABEL = "pe-vault-v1 envelope ";
const [HEADER, COMMITMENT, ENC, WRAP, TAG] = [8, 32, 1120, 1168, 16];
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex")).buffer;
const hex = (buffer) => Buffer.from(buffer).toString("hex");
const whole = (buffer) => Uint8Array.from(buffer).buffer;
const labelled = (word, ...rest) => Buffer.concat([Buffer.from(LABEL + word), ...rest]);

// The body's key and the commitment, from a content key.
const bodyKeys = (key, header, context) => {
  const info = labelled("body ", header, context);
  const both = Buffer.from(hkdfSync("sha256", key, "", info, 64));
  return [both.subarray(0, 32), both.subarray(32)];
};

const acts = {
  // Whether a key (raw, hex) signed these headers of a POST.
  async verify({ url, headers, key }) {
    const x = Buffer.from(key, "hex").toString("base64url");
    const known = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const verify = createVerifier(known, "ed25519");
    const keyLookup = async ({ keyid }) => ({ id: keyid, algs: ["ed25519"], verify });
    const config = { keyLookup, requiredFields: FIELDS, requiredParams: PARAMETERS, all: true };
    try {
      return (await httpbis.verifyMessage(config, { method: "POST", url, headers })) === true;
    } catch {
      return false;
    }
  },
  // The headers of a POST that a new key signed, and that key.
  async sign({ url, headers, sender, created, nonce, tag }) {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
    const key = createSigner(privateKey, "ed25519");
    const id = createHash("sha256").update("pe-key-id ").update(raw).digest("hex").slice(0, 16);
    const paramValues = {
      created: new Date(created * 1000),
      expires: new Date((created + 300) * 1000),
      keyid: `${sender}:${id}`,
      nonce,
      tag,
    };
    const config = { key, name: "pe", fields: FIELDS, params: PARAMETERS, paramValues };
    const signed = await httpbis.signMessage(config, { method: "POST", url, headers });
    return { headers: signed.headers, key: hex(raw) };
  },
  async open({ private: secret, enc, info, aad, ct }) {
    const recipientKey = await suite.kem.importKey("raw", bytes(secret), false);
    const context = { recipientKey, enc: bytes(enc), info: bytes(info) };
    return hex(await suite.open(context, bytes(ct), bytes(aad)));
  },
  async seal({ public: known, info, plain }) {
    const recipientPublicKey = await suite.kem.importKey("raw", bytes(known), true);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: bytes(info) }, bytes(plain));
    return { enc: hex(enc), ct: hex(ct) };
  },
  // What is in an envelope of format 1, for the owner of a seed of X-Wing (32 bytes).
  async openEnvelope({ envelope, context, seed }) {
    const all = Buffer.from(envelope, "hex");
    const packed = Buffer.from(context, "hex");
    const header = all.subarray(0, HEADER);
    const commitment = all.subarray(HEADER, HEADER + COMMITMENT);
    const start = HEADER + COMMITMENT + WRAP * header.readUInt16BE(6);
    const recipientKey = await envelopes.kem.importKey("raw", bytes(seed), false);
    const info = whole(labelled("wrap ", header, packed));
    for (let at = HEADER + COMMITMENT; at < start; at += WRAP) {
      const wrap = all.subarray(at, at + WRAP);
      let key;
      try {
        const enc = whole(wrap.subarray(0, ENC));
        key = await envelopes.open({ recipientKey, enc, info }, whole(wrap.subarray(ENC)));
      } catch {
        continue;
      }
      const [bodyKey, expected] = bodyKeys(Buffer.from(key), header, packed);
      if (!expected.equals(commitment)) return null;
      const options = { authTagLength: TAG };
      const cipher = createDecipheriv("chacha20-poly1305", bodyKey, Buffer.alloc(12), options);
      cipher.setAAD(Buffer.concat([header, commitment, packed]));
      cipher.setAuthTag(all.subarray(-TAG));
      const padded = Buffer.concat([cipher.update(all.subarray(start, -TAG)), cipher.final()]);
      return hex(padded.subarray(4, 4 + padded.readUInt32BE(0)));
    }
    return null;
  },
  // An envelope of format 1 for one public key.
  async sealEnvelope({ public: known, context, plain }) {
    const packed = Buffer.from(context, "hex");
    const said = Buffer.from(plain, "hex");
    const header = Buffer.from([0x50, 0x45, 1, 1, 0, 10, 0, 1]);
    const key = randomBytes(32);
    const recipientPublicKey = await envelopes.kem.importKey("raw", bytes(known), true);
    const info = whole(labelled("wrap ", header, packed));
    const wrap = await envelopes.seal({ recipientPublicKey, info }, whole(key));
    const [bodyKey, commitment] = bodyKeys(key, header, packed);
    const padded = Buffer.alloc(1 << 10);
    padded.writeUInt32BE(said.length);
    said.copy(padded, 4);
    const options = { authTagLength: TAG };
    const cipher = createCipheriv("chacha20-poly1305", bodyKey, Buffer.alloc(12), options);
    cipher.setAAD(Buffer.concat([header, commitment, packed]));
    const body = Buffer.concat([cipher.update(padded), cipher.final(), cipher.getAuthTag()]);
    const parts = [header, commitment, Buffer.from(wrap.enc), Buffer.from(wrap.ct), body];
    return hex(Buffer.concat(parts));
  },
};

const { act, ...given } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await acts[act](given)));
