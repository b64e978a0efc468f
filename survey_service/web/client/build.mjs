/**
 * Builds the browser's files: `make assets`, on a developer's machine only. Two runs give identical bytes.
 *
 *   pages/*.js, participation.js → ../static/<name>.js    one ES module each, nothing left to import
 *   styles/*.scss                → ../static/<name>.css   those whose name starts with "_" are parts of others
 *   ../static/manifest.json                               SHA-256 of every source and output; a test compares them
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const CLIENT = dirname(fileURLToPath(import.meta.url));
const STATIC = join(CLIENT, "../static");
const TOOLS = join(CLIENT, "../../../build/client");
const PACKAGES = join(TOOLS, "node_modules");
const TARGET = "es2020"; // iOS 14 and Android 8: the oldest with BigInt
const LOCK_FILES = ["package.json", "package-lock.json"];
const TOOL_SOURCES = ["build.mjs", ...LOCK_FILES]; // decide over every output

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const ownPath = (path) => relative(CLIENT, path).split(sep).join("/");
const isOwn = (path) => !path.startsWith("..") && !path.includes("node_modules/");
const named = (folder, ending) =>
  existsSync(join(CLIENT, folder))
    ? readdirSync(join(CLIENT, folder))
        .filter((name) => name.endsWith(ending) && !name.startsWith("_"))
        .sort()
        .map((name) => join(CLIENT, folder, name))
    : [];

/** Installs what the lock file names; npm refuses a package whose hash is another. No package's scripts run. */
function installTools() {
  const locked = sha256(Buffer.concat(LOCK_FILES.map((name) => readFileSync(join(CLIENT, name)))));
  const stamp = join(TOOLS, "installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === locked) return;
  rmSync(TOOLS, { recursive: true, force: true });
  mkdirSync(TOOLS, { recursive: true });
  for (const name of LOCK_FILES) writeFileSync(join(TOOLS, name), readFileSync(join(CLIENT, name)));
  const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", options, { cwd: TOOLS, stdio: "inherit" });
  if (status !== 0) throw new Error("npm could not install the tools of package-lock.json.");
  writeFileSync(stamp, locked);
}

function checkVendored() {
  const kept = readFileSync(join(CLIENT, "vendor/hpke.js"));
  if (!kept.equals(readFileSync(join(PACKAGES, "hpke/index.js")))) {
    throw new Error("vendor/hpke.js is not the file of the package that package.json names.");
  }
}

/** @returns {Promise<[string, string[], Buffer][]>} name, own sources, content of each script. */
async function scripts(esbuild) {
  const entries = [join(CLIENT, "participation.js"), ...named("pages", ".js")].filter((path) => existsSync(path));
  const built = await esbuild.build({
    absWorkingDir: CLIENT,
    bundle: true,
    charset: "utf8",
    entryPoints: entries,
    entryNames: "[name]",
    format: "esm",
    legalComments: "inline",
    metafile: true,
    minify: true,
    outdir: STATIC,
    target: TARGET,
    write: false,
  });
  return built.outputFiles.map((file) => {
    const output = Object.entries(built.metafile.outputs).find(([path]) => basename(path) === basename(file.path))[1];
    return [basename(file.path), Object.keys(output.inputs), Buffer.from(file.contents)];
  });
}

/** @returns {[string, string[], Buffer][]} name, own sources, content of each style sheet. */
function styles(sass) {
  return named("styles", ".scss").map((path) => {
    const built = sass.compile(path, {
      charset: false,
      loadPaths: [PACKAGES, join(PACKAGES, "@kern-ux/native/src/scss")],
      quietDeps: true,
      style: "compressed",
    });
    const sources = built.loadedUrls
      .filter((url) => url.protocol === "file:")
      .map((url) => ownPath(fileURLToPath(url)));
    return [basename(path, ".scss") + ".css", sources.filter(isOwn), Buffer.from(built.css)];
  });
}

function write(outputs) {
  mkdirSync(STATIC, { recursive: true });
  const sources = [...new Set([...TOOL_SOURCES, ...outputs.flatMap(([, own]) => own)])].sort();
  const manifest = {
    sources: Object.fromEntries(sources.map((path) => [path, sha256(readFileSync(join(CLIENT, path)))])),
    outputs: Object.fromEntries(
      outputs.map(([name, own, content]) => [name, { sha256: sha256(content), sources: [...own].sort() }]),
    ),
  };
  outputs.push(["manifest.json", [], Buffer.from(JSON.stringify(manifest, null, 2) + "\n")]);
  for (const [name, , content] of outputs) writeFileSync(join(STATIC, name), content);
}

function report(outputs) {
  for (const [name, , content] of outputs) {
    const sizes = [content, gzipSync(content, { level: 9 }), brotliCompressSync(content)].map((bytes) => bytes.length);
    console.log(`${name}: ${sizes[0]} bytes, ${sizes[1]} with gzip, ${sizes[2]} with brotli`);
  }
}

installTools();
checkVendored();
const require = createRequire(pathToFileURL(join(TOOLS, "package.json")));
const outputs = [...(await scripts(require("esbuild"))), ...styles(require("sass"))].sort(([a], [b]) =>
  a < b ? -1 : 1,
);
report(outputs);
write(outputs);
