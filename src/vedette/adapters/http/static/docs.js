/* Swagger UI, fetched with the key and run from memory. */

const ASSETS = "/docs/";

async function fetched(name, type) {
  const response = await call(ASSETS + name);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
}

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Refusal(0, "Swagger UI could not be started", "the browser's console says why"));
    document.head.append(element);
  });
}

async function load() {
  try {
    const [description, style, script] = await Promise.all([
      call("/openapi.json").then((response) => response.json()),
      fetched("swagger-ui.css", "text/css"),
      fetched("swagger-ui-bundle.js", "text/javascript"),
    ]);
    letIn();
    showProblem(null);
    byId("raw").hidden = Boolean(storedKey()); // a link sends no key
    await Promise.all([
      loaded(make("link", { rel: "stylesheet", href: style })),
      loaded(make("script", { src: script })),
    ]);
    show(description);
  } catch (error) {
    if (error.status === 401) askForKey(load); else showProblem(error);
  }
}

/* No validator: it would be asked over the internet. */
function show(description) {
  const ui = window.SwaggerUIBundle({
    spec: description, domNode: byId("swagger"), deepLinking: true, validatorUrl: null, docExpansion: "list",
    defaultModelsExpandDepth: -1, displayRequestDuration: true, displayOperationId: false,
    onComplete: () => { if (storedKey()) ui.preauthorizeApiKey("bearer", storedKey()); },
  });
}

load();
