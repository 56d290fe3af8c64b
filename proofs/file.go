package proofs

import (
	"errors"
	"io"
	"os"
)

// CheckFile checks one file: a standalone certificate, which carries its data.
// The error is the file system's; whatever is wrong with the contents is in
// the report.
func CheckFile(path string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	return CheckReader(f)
}

// CheckReader is CheckFile for a stream.
func CheckReader(r io.Reader) (Report, error) {
	var report Report
	c, err := Decode(r)
	var malformed *MalformedError
	switch {
	case errors.As(err, &malformed):
		report.add(ClaimFormat, ScopeFile, Malformed, err.Error())
		return report, nil
	case err != nil:
		return report, err
	case c.Data == nil:
		report.add(ClaimFormat, ScopeFile, Malformed, "no section data: this certificate can only be checked inside its run directory")
		return report, nil
	}
	return CheckCertificate(c, c.Data.X, c.Data.Y), nil
}

// ClaimFormat names the claim that a file is well formed, ScopeFile the scope of
// claims about a file as a whole.
const (
	ClaimFormat = "format"
	ScopeFile   = "file"
)
