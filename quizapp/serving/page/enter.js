// Exchange the key in the address for a cookie, then open the page without it.
"use strict";

async function enter() {
  const key = new URLSearchParams(location.search).get("key") || "";
  history.replaceState(null, "", "/");
  const answer = await fetch("/enter", { method: "POST", body: key });
  if (!answer.ok) throw new Error(await answer.text());
  location.replace("/");
}

enter().catch((error) => {
  document.querySelector("#said").textContent = error.message;
});
