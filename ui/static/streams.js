/* Gradio's client (6.31) aborts its stream of results when the server has said that nothing is left. Where the end of the body has not
   arrived by then, the abort becomes an error, and the client tells every event that it still knows of, the last one's result included, that
   the connection broke. Here the stream is fetched without the signal: the client sees the abort by itself and stops reading. */
{
  const plain = window.fetch.bind(window);
  window.fetch = (given, options) => {
    const url = given instanceof Request ? given.url : String(given);
    if (!new URL(url, document.baseURI).pathname.endsWith("/queue/data")) return plain(given, options);
    const { signal, ...rest } = options || {};
    if (!(given instanceof Request)) return plain(given, rest);
    return plain(given.url, { headers: given.headers, credentials: given.credentials, ...rest });
  };
}
