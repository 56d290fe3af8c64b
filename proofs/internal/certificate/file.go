package certificate

import (
	"io"
	"os"

	"multigrade/proofs/internal/verdict"
)

// CheckFile checks one file: a standalone certificate, which carries its data.
// The error is the file system's; whatever is wrong with the contents is in
// the report.
func CheckFile(path string) (verdict.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return verdict.Report{}, err
	}
	defer f.Close()
	return CheckReader(f)
}

// CheckReader is CheckFile for a stream. The patterns of a certificate are
// checked as they come and not kept, so that the list may be larger than memory.
func CheckReader(r io.Reader) (verdict.Report, error) {
	_, report, err := new(StreamCheck).Check(r)
	return report, err
}
