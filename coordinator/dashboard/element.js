/** Text only ever enters the page as text: nothing here parses HTML. */
export function element(name, properties, ...children) {
  const made = document.createElement(name)
  Object.assign(made, properties)
  made.append(...children)
  return made
}

export function svgElement(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

export function fill(id, ...children) {
  document.getElementById(id).replaceChildren(...children)
}
