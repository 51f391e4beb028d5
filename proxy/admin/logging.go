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
	pages["/logging.json"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case refused(w, r, http.MethodGet, http.MethodHead, http.MethodPost):
		case r.Method == http.MethodPost:
			if setLevel(w, r, level) {
				w.Header().Set("Content-Length", "0")
				w.WriteHeader(http.StatusOK)
			}
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

// writing is the page /logging: what it shows browsers has a form, which posts to it. It
// has no form, and takes none, where /logging.json is hidden.
func writing(page, text http.Handler, c Config) http.Handler {
	shown := pageOr(page, text)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		changes := c.Security.allows("/logging.json")
		switch {
		case changes && refused(w, r, http.MethodGet, http.MethodHead, http.MethodPost):
		case !changes || r.Method != http.MethodPost:
			shown.ServeHTTP(w, r)
		case setLevel(w, r, c.LogLevel):
			w.Header().Set("Location", "logging") // relative: it may be below another path
			w.WriteHeader(http.StatusSeeOther)
		}
	})
}

// setLevel has the logger that a form names take another level, or responds with what is
// wrong. In Linkerd an unknown logger and an unknown level are 200, and nothing changes.
func setLevel(w http.ResponseWriter, r *http.Request, level *slog.LevelVar) (ok bool) {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		writeText(w, http.StatusForbidden, err.Error())
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		writeText(w, http.StatusBadRequest, "the form cannot be read: "+brief(err.Error()))
		return false
	}
	logger, name := r.Form.Get("logger"), r.Form.Get("level")
	to, known := loglevel.Parse(name)
	switch {
	case logger == "" || name == "":
		writeText(w, http.StatusBadRequest, "logger and level must be given")
	case logger != rootLogger:
		writeText(w, http.StatusNotFound, "there is no logger "+brief(logger)+", only "+rootLogger)
	case !known:
		writeText(w, http.StatusBadRequest, "there is no level "+brief(name)+": debug, info, warning or error")
	default:
		level.Set(to)
		return true
	}
	return false
}
