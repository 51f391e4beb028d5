// A service in the middle, in Node: it asks another service on behalf of each
// request, and sends the l5d-ctx-* headers of that request along.
//
//     http_proxy=127.0.0.1:4140 node hello.js 127.0.0.1:7777 world
//
// http_proxy is the outgoing router, with or without a scheme. Node 18.3 or newer;
// no package.
'use strict';
const http = require('node:http');

const proxy = new URL('http://' + (process.env.http_proxy || '127.0.0.1:4140').split('://').pop());
const [at, service] = process.argv.slice(2);

// forwarding: all that the mesh asks of a service
function forwarded(request) {
  const context = Object.entries(request.headersDistinct).filter(([name]) => name.startsWith('l5d-ctx-'));
  return Object.fromEntries(context);
}

function ask(request, done, failed) {
  const headers = { Host: service, ...forwarded(request) };
  http.get({ host: proxy.hostname, port: proxy.port || 80, path: `http://${service}/`, headers, timeout: 10000 }, done).on('error', failed);
}
// end of forwarding

const server = http.createServer((request, response) => {
  const answer = (status, text) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  };
  ask(request, async (from) => {
    try {
      let text = '';
      for await (const part of from.setEncoding('utf8')) text += part;
      const hello = `Hello (${request.socket.localAddress}) ${text}!`;
      answer(from.statusCode, from.statusCode === 200 ? hello : text);
    } catch (error) {
      answer(503, error.message);
    }
  }, (error) => answer(503, error.message));
});
const colon = at.lastIndexOf(':');
server.listen(Number(at.slice(colon + 1)), at.slice(0, colon), () => console.log(`serving on ${at}`));
