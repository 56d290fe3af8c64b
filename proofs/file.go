package proofs

import (
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

// CheckReader is CheckFile for a stream. The patterns of a certificate are
// checked as they come and not kept, so that the list may be larger than memory.
func CheckReader(r io.Reader) (Report, error) {
	_, report, err := new(streamCheck).check(r)
	return report, err
}
