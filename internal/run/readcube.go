package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"multigrade/approx"
	"multigrade/internal/exit"
	"multigrade/internal/report"
	"multigrade/internal/strictjson"
	"multigrade/proofs"
)

// cubeReaders read the run directories of approx, by the file that tells them.
var cubeReaders = map[string]func(dir string) (*report.Cube, error){
	approx.ModelFile: func(dir string) (*report.Cube, error) {
		s, err := approx.Load(dir)
		if err != nil {
			return nil, err
		}
		return report.NewCube(s)
	},
	approx.TrainedFile: func(dir string) (*report.Cube, error) {
		s, err := approx.LoadTrained(dir)
		if err != nil {
			return nil, err
		}
		return report.NewTrainedCube(s)
	},
}

// holds reports whether the directory has the file.
func holds(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// readCube reads a run of approx.
func readCube(dir string, read func(dir string) (*report.Cube, error), checked *proofs.Report) (report.Subject, error) {
	c, err := read(dir)
	m := new(approxManifest)
	if err == nil {
		err = strictjson.DecodeFile(filepath.Join(dir, ManifestFile), m)
	}
	if err == nil {
		err = sameFiles(dir, m.Files)
	}
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", dir, err))
	}
	c.Name, c.Checked, c.CutShort = dir, checked, m.Unchecked
	c.Facts = [][]string{{"options", settings(m.Options)}, {"versions", settings(m.Versions)}, {"command", strings.Join(m.Command, " ")}}
	return c, nil
}
