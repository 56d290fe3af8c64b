// node program.cjs CHROMIUM SITE DATA.csv RUN.zip: trains DATA.csv on the page of SITE on
// which the program runs in the browser, and ends with 1 unless what comes of it is
// trained, checked, shown and downloaded, as RUN.zip.
const fs = require("fs");
const http = require("http");
const path = require("path");
const puppeteer = require("puppeteer-core");

const [chromium, site, data, zip] = process.argv.slice(2);

(async () => {
  const server = http.createServer((request, response) => {
    const file = path.join(site, path.basename(request.url));
    if (!fs.existsSync(file)) { response.writeHead(404); return response.end(); }
    const type = {".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm"}[path.extname(file)] ?? "application/octet-stream";
    response.writeHead(200, {"Content-Type": type});
    fs.createReadStream(file).pipe(response);
  }).listen(0, "127.0.0.1");
  await new Promise(resolve => server.on("listening", resolve));
  const browser = await puppeteer.launch({executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"]});
  const page = await browser.newPage();
  const errors = [];
  page.on("console", m => { if (m.type() == "error" && !m.location().url.endsWith("favicon.ico")) errors.push(m.text()); });
  page.on("pageerror", e => errors.push(e.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/browser.html`);
  await (await page.$("#file")).uploadFile(data);
  await page.click("#train");
  await page.waitForSelector("#outcome[data-status]", {timeout: 240000});
  const told = await page.evaluate(async () => {
    const text = id => document.getElementById(id).textContent;
    const link = document.getElementById("download");
    const bytes = link.hidden ? [] : Array.from(new Uint8Array(await (await fetch(link.href)).arrayBuffer()));
    return {status: document.getElementById("outcome").dataset.status, outcome: text("outcome"), log: text("log"), report: document.getElementById("report").srcdoc.length, bytes};
  });
  console.log(told.log + told.outcome);
  if (process.env.SCREENSHOT) await page.screenshot({path: process.env.SCREENSHOT, fullPage: true});
  fs.writeFileSync(zip, Uint8Array.from(told.bytes));
  await browser.close();
  server.close();
  if (errors.length) console.log(errors.join("\n"));
  process.exit(told.status == "0" && told.report > 10000 && /grade 1: optimal/.test(told.log) && errors.length == 0 ? 0 : 1);
})().catch(why => { console.error(why); process.exit(1); });
