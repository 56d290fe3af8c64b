package docs

import (
	"fmt"
	"html/template"
	"strings"
)

// Exhibit is a run of the gallery.
type Exhibit struct {
	Name, Title string   // of its folder; of its entry
	Command     []string // what makes it, without --out
	Picture     string   // the plot shown, a file that report --svg writes
}

// Gallery are the runs that the site shows.
var Gallery = []Exhibit{
	{"co2", "Weekly CO2 at Mauna Loa, three grades, each the optimum over all patterns", []string{"solve"}, "fit.svg"},
	{"scheme", "The constructive scheme for sin(2 pi x) + |x - 1/3|/2, residuals nowhere larger", []string{"approx", "sin(2*pi*x) + abs(x-1/3)/2", "--grades", "6"}, "decay-linf.svg"},
	{"composed", "Trained grades composed on the hidden neurons of the grade before, proved on the interval", []string{"approx", "sin(2*pi*x) + abs(x-1/3)/2", "--trained", "16", "--composed", "--grades", "3"}, "decay-linf.svg"},
}

// AddGallery adds the page of exhibits, whose reports are GALLERY/NAME/report.html and
// whose pictures, by name, are the values of pictures.
func (s *Site) AddGallery(pictures map[string]string) {
	var b strings.Builder
	for _, e := range Gallery {
		quoted := strings.Join(e.Command[1:], " ")
		if e.Command[0] == "approx" {
			quoted = fmt.Sprintf("%q %s", e.Command[1], strings.Join(e.Command[2:], " "))
		}
		fmt.Fprintf(&b, "<section><h2 id=%q>%s</h2>\n<pre>multigrade %s</pre>\n", e.Name, template.HTMLEscapeString(e.Title),
			template.HTMLEscapeString(strings.TrimSpace(e.Command[0]+" "+quoted)))
		if p := pictures[e.Name]; p != "" {
			fmt.Fprintf(&b, "<p><a href=\"gallery/%s/report.html\"><img src=%q alt=%q></a></p>\n", e.Name, p, template.HTMLEscapeString(e.Title))
		}
		fmt.Fprintf(&b, "<p><a href=\"gallery/%s/report.html\">The whole report</a></p></section>\n", e.Name)
	}
	s.pages = append(s.pages, page{"gallery", "Gallery", template.HTML(b.String())})
}
