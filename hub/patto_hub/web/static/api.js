// Draws the API's description below its heading; without scripts the page has a plain table instead.
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: "/openapi.json",
    domNode: document.getElementById("api"),
    deepLinking: true,
    validatorUrl: null, // the description goes to nobody else
    persistAuthorization: false,
    supportedSubmitMethods: ["get", "post"],
  });
});
