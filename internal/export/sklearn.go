package export

import (
	"bytes"
	_ "embed"
	"strconv"
	"strings"
	"text/template"

	"multigrade/grade"
)

//go:embed multigrade.py.tmpl
var sklearnSource string

var sklearnTemplate = template.Must(template.New("sklearn").Parse(sklearnSource))

// Sklearn returns a Python module of estimators for scikit-learn that train by the
// program, with the network inside; version is the program's.
func Sklearn(f *grade.Flat, version string) ([]byte, error) {
	var network, b bytes.Buffer
	if err := JSON(&network, f); err != nil {
		return nil, err
	}
	err := sklearnTemplate.Execute(&b, struct {
		Version, Network                          string
		FlatVersion, SlopedVersion, RisingVersion int
	}{version, pythonString(strings.TrimSuffix(network.String(), "\n")), jsonVersion, slopedVersion, risingVersion})
	return b.Bytes(), err
}

// pythonString is a literal of s in Python: of the escapes of Go only those Python
// knows are needed when everything outside ASCII is escaped.
func pythonString(s string) string { return strconv.QuoteToASCII(s) }
