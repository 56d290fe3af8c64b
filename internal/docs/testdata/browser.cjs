// node browser.cjs CHROMIUM SCREENSHOTS PAGE.html...: opens every page at the widths of a
// telephone, a tablet and a screen, light and dark, and ends with 1 if one of them logs an
// error, asks for something from elsewhere, is wider than the window, or has a serious
// finding of axe-core. Screenshots go to the folder SCREENSHOTS.
const fs = require("fs");
const path = require("path");
const url = require("url");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [chromium, screenshots, ...pages] = process.argv.slice(2);
const widths = [400, 800, 1280];
const schemes = ["light", "dark"];

async function look(browser, file, width, scheme) {
  const page = await browser.newPage();
  const found = [];
  page.on("console", m => { if (m.type() == "error") found.push("console: " + m.text()); });
  page.on("pageerror", e => found.push("error: " + e.message));
  page.on("request", r => { if (!/^(file|data|blob):/.test(r.url())) found.push("asks for " + r.url()); });
  await page.setViewport({width, height: 900});
  await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
  await page.goto(url.pathToFileURL(path.resolve(file)).href, {waitUntil: "load"});
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > width) found.push(`is ${wide} px wide`);
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run());
  for (const v of result.violations)
    if (v.impact == "serious" || v.impact == "critical")
      found.push(`axe ${v.id}: ${v.help}; ${v.nodes.length} times, as ${v.nodes[0].target}: ${v.nodes[0].failureSummary.replace(/\s+/g, " ")}`);
  const name = file.replace(/[\/.]+/g, "-").slice(-60) + `-${width}-${scheme}.png`;
  await page.screenshot({path: path.join(screenshots, name), fullPage: true});
  await page.close();
  return found;
}

(async () => {
  const browser = await puppeteer.launch({executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"]});
  let failed = 0;
  for (const file of pages)
    for (const width of widths)
      for (const scheme of schemes)
        for (const what of await look(browser, file, width, scheme)) {
          console.log(`${file}, ${width} px, ${scheme}: ${what}`);
          failed++;
        }
  await browser.close();
  console.log(`${pages.length} pages, ${failed} findings`);
  process.exit(failed ? 1 : 0);
})().catch(why => { console.error(why); process.exit(1); });
