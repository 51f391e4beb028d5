package admin

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/meshhop/meshhop/internal/loglevel"
)

// rootLogger is the name of the only logger that there is.
const rootLogger = "root"

// maxForm bounds the body of a request for another level.
const maxForm = 4 << 10

// addLogging adds the pages of the log's level (LoggingHandler.scala).
func addLogging(pages map[string]http.Handler, level *slog.LevelVar) {
	pages["/logging"] = reading(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusOK, rootLogger+": "+loglevel.Name(level.Level())+
			"\n\nTo change it: curl -d logger="+rootLogger+" -d level=debug .../logging.json (debug, info, warning or error)\n")
	}))
	foreign := http.NewCrossOriginProtection()
	pages["/logging.json"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case refused(w, r, http.MethodGet, http.MethodHead, http.MethodPost):
		case r.Method == http.MethodPost:
			setLevel(w, r, level, foreign)
		default:
			w.Header().Set("Content-Type", jsonType)
			_ = json.NewEncoder(w).Encode([]loggerLevel{{rootLogger, loglevel.Name(level.Level())}}) // an error means that the client has left
		}
	})
}

// loggerLevel is a logger as Linkerd shows it.
type loggerLevel struct {
	Logger string `json:"logger"`
	Level  string `json:"level"`
}

// setLevel has the logger that a form names take another level. In Linkerd an unknown
// logger and an unknown level are 200, and nothing changes.
func setLevel(w http.ResponseWriter, r *http.Request, level *slog.LevelVar, foreign *http.CrossOriginProtection) {
	if err := foreign.Check(r); err != nil {
		writeText(w, http.StatusForbidden, err.Error())
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		writeText(w, http.StatusBadRequest, "the form cannot be read: "+brief(err.Error()))
		return
	}
	logger, name := r.Form.Get("logger"), r.Form.Get("level")
	to, ok := loglevel.Parse(name)
	switch {
	case logger == "" || name == "":
		writeText(w, http.StatusBadRequest, "logger and level must be given")
	case logger != rootLogger:
		writeText(w, http.StatusNotFound, "there is no logger "+brief(logger)+", only "+rootLogger)
	case !ok:
		writeText(w, http.StatusBadRequest, "there is no level "+brief(name)+": debug, info, warning or error")
	default:
		level.Set(to)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	}
}
