// What is done to files from outside, in a process of its own: one job per process, as JSON on stdin, the reply as
// JSON on stdout. Files are named in the job and lie in the folder that the process was started in.
//
// {"task": "model", "input", "output", "compress"}  → {"issues", "encoding", "textureBytes"}, and the file `output`
// {"task": "picture", "input", "output", "sides"}   → {}, and a file `output-SIDE` for each of the sides
//
// A picture that can't be decoded is answered with {"unreadable": why}. Whatever else goes wrong ends the process.

import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";

const PICTURE_QUALITY = 82;
const MAX_PIXELS = 8192 * 8192;
const MAX_ISSUES = 100;
const ERROR = 0; // the validator's severities: error, warning, information, hint

sharp.cache(false);
sharp.concurrency(1);

/** The picture upright and without metadata (where and with what it was taken is nobody's business), once per side. */
async function picture({ input, output, sides }) {
  const options = { limitInputPixels: MAX_PIXELS, failOn: "error", pages: 1 };
  try {
    for (const side of sides) {
      await sharp(input, options)
        .autoOrient()
        .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
        .webp({ quality: PICTURE_QUALITY })
        .toFile(`${output}-${side}`);
    }
    return {};
  } catch (error) {
    return { unreadable: error.message };
  }
}

async function model({ input, output, compress }) {
  const { validateBytes } = (await import("gltf-validator")).default;
  const body = new Uint8Array(readFileSync(input));
  const check = async (bytes) => (await validateBytes(bytes, { maxIssues: MAX_ISSUES })).issues.messages;
  const isSound = (issues) => !issues.some((issue) => issue.severity === ERROR);

  const issues = await check(body);
  if (!compress || !isSound(issues)) return { issues };
  const { damaged, textureBytes, written } = await writtenAnew(body);
  if (damaged.length) return { issues: [...issues, ...damaged] };
  for (const { encoding, bytes } of written) {
    if (!isSound(await check(bytes))) continue;
    writeFileSync(output, bytes);
    return { issues, encoding, textureBytes };
  }
  return { issues };
}

/** The model in three encodings, the smallest first, without what nothing uses, with its textures as WebP. */
async function writtenAnew(body) {
  const { Logger, NodeIO } = await import("@gltf-transform/core");
  const { ALL_EXTENSIONS } = await import("@gltf-transform/extensions");
  const functions = await import("@gltf-transform/functions");
  const { MeshoptDecoder, MeshoptEncoder } = await import("meshoptimizer");
  await Promise.all([MeshoptDecoder.ready, MeshoptEncoder.ready]);

  const quiet = new Logger(Logger.Verbosity.SILENT); // stdout is for the reply
  const io = new NodeIO()
    .setLogger(quiet)
    .registerExtensions(ALL_EXTENSIONS)
    .registerDependencies({ "meshopt.decoder": MeshoptDecoder, "meshopt.encoder": MeshoptEncoder });
  const isBinary = Buffer.from(body.subarray(0, 4)).toString("latin1") === "glTF";
  const document = isBinary
    ? await io.readBinary(body)
    : await io.readJSON({ json: JSON.parse(Buffer.from(body).toString("utf8")), resources: {} });
  document.setLogger(quiet);
  await document.transform(functions.dedup(), functions.prune({ keepSolidTextures: true }));
  const { damaged, textureBytes } = await withSmallTextures(document, functions);
  if (damaged.length) return { damaged };

  const ways = {
    plain: [],
    quantized: [functions.quantize()],
    meshopt: [functions.meshopt({ encoder: MeshoptEncoder })],
  };
  const written = [];
  for (const [encoding, transforms] of Object.entries(ways)) {
    const own = functions.cloneDocument(document);
    await own.transform(...transforms);
    written.push({ encoding, bytes: await io.writeBinary(own) });
  }
  written.sort((a, b) => a.bytes.byteLength - b.bytes.byteLength);
  return { damaged, textureBytes, written };
}

/** Make every texture WebP, and say which can't be decoded: the validator reads no further than their headers. */
async function withSmallTextures(document, { compressTexture, listTextureSlots }) {
  const { EXTTextureWebP } = await import("@gltf-transform/extensions");
  const textures = document.getRoot().listTextures();
  const damaged = [];
  for (const texture of textures) {
    // Colour survives loss; the directions in a normal map hardly do.
    const isNormal = listTextureSlots(texture).includes("normalTexture");
    const isExact = isNormal && texture.getMimeType() === "image/png";
    const quality = isExact ? { nearLossless: true } : { quality: isNormal ? 95 : 85 };
    try {
      await compressTexture(texture, { encoder: sharp, targetFormat: "webp", ...quality });
    } catch {
      const message = `The texture “${texture.getName() || texture.getURI()}” is damaged.`;
      damaged.push({ code: "TEXTURE_DAMAGED", severity: ERROR, message });
    }
  }
  if (textures.length) document.createExtension(EXTTextureWebP).setRequired(true);
  return { damaged, textureBytes: textures.reduce((sum, texture) => sum + texture.getImage().byteLength, 0) };
}

const job = JSON.parse(readFileSync(0, "utf8"));
const tasks = { model, picture };
process.stdout.write(JSON.stringify(await tasks[job.task](job)));
