package report

import (
	"time"

	"flexform/apply"
)

type jsonFile struct {
	Name     string      `json:"name"` // "refund271126_01"
	Merchant string      `json:"merchant"`
	Stage    apply.Stage `json:"stage"`
	Detail   string      `json:"detail,omitempty"`
	Accepted int         `json:"accepted"`
	Declined int         `json:"declined"`
	NotSent  int         `json:"not_sent"`
	Unknown  int         `json:"unknown"`
	Open     int         `json:"open"` // without an answer
	Problems []string    `json:"problems,omitempty"`
}

func newJSONFiles(files []apply.BatchFinding) (list []jsonFile) {
	for _, f := range files {
		list = append(list, newJSONFile(f))
	}
	return list
}

func newJSONFile(f apply.BatchFinding) jsonFile {
	return jsonFile{f.Name, f.Merchant, f.Stage, f.Detail, f.Accepted, f.Declined, f.NotSent, f.Unknown, f.Open, f.Problems}
}

type jsonFileStatus struct {
	Name      string    `json:"name"`
	Merchant  string    `json:"merchant"`
	Plan      string    `json:"plan"`
	Rows      int       `json:"rows"`
	Open      int       `json:"open"` // without an answer
	Releasing bool      `json:"releasing"`
	Released  bool      `json:"released"`
	Server    string    `json:"server,omitempty"` // absent, uploaded, released or answered
	Error     string    `json:"error,omitempty"`  // why the server could not be asked
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"time"`
}

func newJSONFileStatus(files []FileStatus) (list []jsonFileStatus) {
	for _, f := range files {
		j := jsonFileStatus{
			Name: f.Name, Merchant: f.Merchant, Plan: f.Plan, Rows: f.Rows, Open: f.Open,
			Releasing: f.Releasing > 0, Released: f.Released > 0, Server: f.Server, Seq: f.Seq, At: f.At.UTC(),
		}
		if f.Err != nil {
			j.Server, j.Error = "", f.Err.Error()
		}
		list = append(list, j)
	}
	return list
}
