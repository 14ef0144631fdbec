// Looks at reports as their readers do: pages in a browser, in light, dark, narrow and on paper;
// HTML, SARIF and JUnit XML through their own validators.
//
// By hand, from the root of the repository, with Node and Chromium installed:
//
//     cargo build && node tests/pages/check.mjs
//
// What it needs from npm it puts into `target/pages`, and leaves its pictures there.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const work = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "pages");
const binary = join(work, "../debug/quarterday");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const packages = ["axe-core@4", "html-validate@11", "playwright-core@1", "xmllint-wasm@5", "ajv-draft-04@1", "ajv@8", "ajv-formats@3"];

mkdirSync(work, { recursive: true });
if (!existsSync(join(work, "node_modules"))) {
  writeFileSync(join(work, "package.json"), "{}");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: work, stdio: "inherit" });
}
const load = createRequire(join(work, "package.json"));

let faults = 0;
const fault = (what) => {
  faults += 1;
  console.log(`FAULT ${what}`);
};

// What is looked at: a run's page, and every format of a check of its largest submission.
execFileSync(binary, ["run", "pipelines/wwri.toml", "--out", join(work, "out"), "--state", join(work, "private"), "--quiet"], { cwd: root });
const submission = "sample-data/wwri/2022-Q3/Fenland Welcome WWRI 2022-Q3.xlsx";
const check = (format) => {
  const asked = ["validate", submission, "--pipeline", "pipelines/wwri.toml", "--partner", "fenland-welcome", "--format", format];
  const said = spawnSync(binary, asked, { cwd: root, encoding: "utf8" });
  if (said.status > 1) fault(`validate --format ${format}: ${said.stderr}`);
  return said.stdout;
};
const pages = {
  run: readFileSync(join(work, "private/wwri/2022-Q3/summary.html"), "utf8"),
  check: check("html"),
};

// SARIF against the published schema.
const Ajv = load("ajv-draft-04");
const ajv = new Ajv({ strict: false, allErrors: true });
load("ajv-formats")(ajv);
const schema = JSON.parse(readFileSync(join(root, "tests/standards/sarif-2.1.0-rtm.5.json"), "utf8").replaceAll(']?$"', '\\\\]?$"'));
const isSarif = ajv.compile(schema);
if (!isSarif(JSON.parse(check("sarif")))) fault(`SARIF: ${JSON.stringify(isSarif.errors, null, 1)}`);
if (isSarif({ version: "2.1.0", runs: [{}] })) fault("the SARIF schema does not tell good from bad");

// JUnit XML against the schema of Jenkins' xUnit plugin.
const { validateXML } = load("xmllint-wasm");
const xsd = readFileSync(join(root, "tests/standards/junit-10.xsd"), "utf8");
const judge = (xml) => validateXML({ xml: [{ fileName: "report.xml", contents: xml }], schema: [xsd] });
const junit = await judge(check("junit"));
if (!junit.valid) fault(`JUnit XML: ${junit.errors.map((error) => error.message).join("\n")}`);
if ((await judge("<testsuites><testcase/></testsuites>")).valid) fault("the JUnit schema does not tell good from bad");

// HTML against the standard.
const { HtmlValidate } = load("html-validate");
const html = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  // The page is written without line breaks between elements, on purpose.
  rules: { "long-title": "off", "no-trailing-whitespace": "off" },
});
for (const [name, page] of Object.entries(pages)) {
  const report = await html.validateString(page);
  for (const message of report.results.flatMap((result) => result.messages)) {
    fault(`${name}: ${message.ruleId} at ${message.line}:${message.column}: ${message.message}`);
  }
}

// Pages in a browser: nothing is fetched, axe finds nothing, nothing runs over the edge.
const { chromium: browserType } = load("playwright-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const browser = await browserType.launch({ executablePath: chromium, args: ["--no-sandbox"] });
for (const [name, page] of Object.entries(pages)) {
  const path = join(work, `${name}.html`);
  writeFileSync(path, page);
  for (const view of [
    { as: "light", colorScheme: "light", width: 1200 },
    { as: "dark", colorScheme: "dark", width: 1200 },
    { as: "narrow", colorScheme: "light", width: 320 },
  ]) {
    const context = await browser.newContext({ colorScheme: view.colorScheme, viewport: { width: view.width, height: 900 }, bypassCSP: true });
    const tab = await context.newPage();
    tab.on("request", (request) => {
      if (!request.url().startsWith("file:")) fault(`${name}: fetches ${request.url()}`);
    });
    tab.on("console", (message) => {
      if (message.type() === "error") fault(`${name}: ${message.text()}`);
    });
    await tab.goto(`file://${path}`);
    await tab.screenshot({ path: join(work, `${name}-${view.as}.png`), fullPage: true });
    const over = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) fault(`${name}, ${view.as}: ${over} pixels wider than the window`);
    await tab.evaluate(axe);
    const { violations, passes } = await tab.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    if (passes.length === 0) fault(`${name}: axe looked at nothing`);
    for (const violation of violations) {
      fault(`${name}, ${view.as}: axe ${violation.impact} ${violation.id}: ${violation.help} (${violation.nodes.length}) ${violation.nodes[0].html.slice(0, 160)}`);
    }
    if (view.as === "light") await tab.pdf({ path: join(work, `${name}.pdf`), format: "A4", margin: { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" } });
    // Every link and every table that scrolls can be reached by keyboard, and shows that it was.
    if (view.as === "light") {
      const reached = new Set();
      for (let press = 0; press < 60; press += 1) {
        await tab.keyboard.press("Tab");
        reached.add(await tab.evaluate(() => document.activeElement.outerHTML.slice(0, 60)));
      }
      if (![...reached].some((element) => element.includes('class="skip"'))) fault(`${name}: the first stop is not the skip link`);
      if (![...reached].some((element) => element.includes('class="scroll"'))) fault(`${name}: tables cannot be reached by keyboard`);
    }
    await context.close();
  }
}
await browser.close();
console.log(faults === 0 ? `nothing to mend; pictures are in ${work}` : `${faults} to mend`);
process.exit(faults === 0 ? 0 : 1);
