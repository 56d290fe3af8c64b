package run

// Origin says how a run came about.
type Origin struct {
	Versions map[string]string // Versions of the program
	Command  []string          // its arguments, itself first
	MadeOf   string            // SHA-256 of the file that the array of the data was made of, "" if it was of none
}

// OriginOf is what the manifest of a run directory says; nothing else of it is read.
func OriginOf(dir string) (*Origin, error) {
	m, err := decodeManifest(dir)
	if err != nil {
		return nil, err
	}
	o := &Origin{Versions: m.versions(), Command: m.Command}
	if of := m.Data.MadeOf; of != nil {
		o.MadeOf = of.SHA256
	}
	return o, nil
}
