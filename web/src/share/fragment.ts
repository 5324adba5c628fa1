// A whole cell as the fragment of an address: deflated JSON in base64url, which no browser sends to a server.
import { fromBase64, toBase64 } from "../base64";
import { LinkError } from "./link";
import { MAX_BYTES, type SharedCell } from "./shared_cell";

/** A stream inflates a whole chunk at once, to a thousand times its size: small ones bound what a bomb can take. */
const CHUNK = 1024;

export async function encode({ code, language, kernel, state, layout }: SharedCell): Promise<string> {
  const cell = {
    code,
    ...(language === "python" ? {} : { language }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(Object.keys(state).length === 0 ? {} : { state }),
    ...(Object.keys(layout).length === 0 ? {} : { layout }),
  };
  const packed = await collect(through(new TextEncoder().encode(JSON.stringify(cell)), new CompressionStream("deflate-raw")), Infinity);
  return toBase64(packed).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The parsed JSON, of which nothing is known yet. Throws LinkError. */
export async function decode(text: string): Promise<unknown> {
  if (text.length > MAX_BYTES * 1.4) throw new LinkError("too_large");
  try {
    const packed = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = await collect(through(packed, new DecompressionStream("deflate-raw")), 2 * MAX_BYTES);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw error instanceof LinkError ? error : new LinkError("broken");
  }
}

function through(bytes: Uint8Array, transform: CompressionStream | DecompressionStream): ReadableStreamDefaultReader<Uint8Array> {
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += CHUNK)));
    },
  });
  return source.pipeThrough(transform).getReader();
}

async function collect(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    size += part.value.length;
    if (size > limit) {
      void reader.cancel().catch(() => {});
      throw new LinkError("too_large");
    }
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
