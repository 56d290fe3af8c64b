package docs

import (
	"embed"
	"html/template"
	"io/fs"
)

//go:embed browser
var browser embed.FS

// AddBrowser adds the page on which the program runs in a browser: the program, compiled
// for js/wasm, and the support file wasm_exec.js of the Go release that compiled it.
func (s *Site) AddBrowser(program, support []byte) error {
	for _, name := range []string{"page.js", "worker.js", "files.js"} {
		content, err := fs.ReadFile(browser, "browser/"+name)
		if err != nil {
			return err
		}
		s.AddFile(name, content)
	}
	s.AddFile("multigrade.wasm", program)
	s.AddFile("wasm_exec.js", support)
	body, err := fs.ReadFile(browser, "browser/browser.html")
	if err != nil {
		return err
	}
	s.pages = append(s.pages, page{"browser", "In the browser", template.HTML(body)})
	return nil
}
