# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# Apprise: the library, which does the telling, behind the two requests of its API server that Watchword uses, and the one
# with which a configuration is added. That server itself exists as a container alone: PyPI has no apprise-api (only the
# library, apprise), Debian's apprise is the library too, npm's apprise is something else (looked for in November 2026). The
# statuses are the ones that it documents: https://github.com/caronc/apprise-api#api-details
package=apprise
variables=(WATCHWORD_TEST_APPRISE_URL)
port_count=1
python=/usr/bin/python3 # Debian's own, whose packages have the library

installed() { $python -c 'import apprise'; }

prepare() {
    cat >api.py <<-'PYTHON'
		import json, re, sys
		from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
		import apprise

		configurations = {}


		def tell(content, services):
		    """Tells services, and gives the status of the answer with its error."""
		    if not content.get("body"):
		        return 400, "Bad Request"
		    if not services:
		        return 204, "There was no configuration found"
		    told = services.notify(
		        content["body"],
		        title=content.get("title", ""),
		        notify_type=content.get("type", "info"),
		        body_format=content.get("format", "text"),
		        tag=content.get("tag"),
		    )
		    return (200, None) if told else (424, "One or more notification could not be sent")


		class Api(BaseHTTPRequestHandler):
		    def do_POST(self):
		        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
		        action, key = re.fullmatch(r"/(add|notify)/?([\w-]{1,128})?/?", self.path).groups()
		        services = apprise.Apprise()
		        if action == "add":
		            configurations[key] = content["config"]
		            status, error = 200, None
		        elif key is None:
		            services.add(content.get("urls", ""))
		            status, error = tell(content, services)
		        else:
		            configuration = apprise.AppriseConfig()
		            configuration.add_config(configurations.get(key, ""), format="text")
		            services.add(configuration)
		            status, error = tell(content, services)
		        body = b"" if status == 204 else json.dumps({"error": error}).encode()
		        self.send_response(status)
		        self.send_header("Content-Type", "application/json")
		        self.send_header("Content-Length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body)


		ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Api).serve_forever()
	PYTHON
}

serve() { exec $python api.py "${port[0]}"; }

values() { echo "WATCHWORD_TEST_APPRISE_URL=http://127.0.0.1:${port[0]}"; }
