import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Router } from 'express';

const reference = join(import.meta.dirname, '../../vendor/scalar/standalone.js.gz');

/** Everything comes from here; the reference itself needs inline styles. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Gatehouse API</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <noscript>The reference needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <div id="reference"></div>
    <script src="/docs/reference.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Fonts, telemetry, the hosted client and its proxy are off: the page asks this gateway alone. */
const start = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
});
`;

/** `GET /docs`: the API reference (Scalar, vendored) over the merged OpenAPI document. */
export const docsPages = (): Router => {
  const router = Router({ caseSensitive: true, strict: true });

  router.use((_request, response, next) => {
    response.setHeader('Content-Security-Policy', contentSecurityPolicy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    next();
  });
  router.get('/docs', (_request, response) => {
    response.type('html').setHeader('Cache-Control', 'no-cache').send(page);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('js').setHeader('Cache-Control', 'no-cache').send(start);
  });
  router.get('/docs/reference.js', (request, response, next) => {
    response.type('js').setHeader('Cache-Control', 'public, max-age=86400').vary('Accept-Encoding');
    const file = createReadStream(reference).once('error', next);
    if (request.acceptsEncodings('gzip')) {
      response.setHeader('Content-Encoding', 'gzip');
      file.pipe(response);
    } else {
      file.pipe(createGunzip()).pipe(response);
    }
  });
  return router;
};
