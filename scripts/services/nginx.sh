# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# nginx: HTTPS with HTTP/2, and a second server which asks for a certificate of the client.
package=nginx
variables=(WATCHWORD_TEST_NGINX_URL WATCHWORD_TEST_NGINX_MTLS_URL WATCHWORD_TEST_CLIENT_CERT WATCHWORD_TEST_CLIENT_KEY)
port_count=2

installed() { command -v nginx; }

serve() {
    echo "watchword:$(openssl passwd -apr1 secret)" >passwords
    cat >nginx.conf <<-CONF
		daemon off;
		worker_processes 1;
		pid nginx.pid;
		error_log stderr;
		events {}
		http {
		    access_log off;
		    client_body_temp_path body;
		    proxy_temp_path proxy;
		    fastcgi_temp_path fastcgi;
		    uwsgi_temp_path uwsgi;
		    scgi_temp_path scgi;
		    ssl_certificate $tls/server.pem;
		    ssl_certificate_key $tls/server.key;
		    ssl_protocols TLSv1.2 TLSv1.3;
		    default_type text/plain;
		    server {
		        listen 127.0.0.1:${port[0]} ssl http2;
		        location = / { return 200 "nginx answers\n"; }
		        location = /json {
		            default_type application/json;
		            return 200 '{"status": "ok", "data": [{"id": 7, "name": "seven"}]}';
		        }
		        location = /redirect { return 302 /; }
		        # Not by return, which comes before the password is asked for.
		        location = /basic {
		            auth_basic "watchword";
		            auth_basic_user_file $PWD/passwords;
		            try_files /basic.txt =404;
		        }
		    }
		    server {
		        listen 127.0.0.1:${port[1]} ssl http2;
		        ssl_client_certificate $tls/ca.pem;
		        ssl_verify_client on;
		        location / { return 200 "nginx knows \$ssl_client_s_dn\n"; }
		    }
		    root $PWD;
		}
	CONF
    echo "nginx let you in" >basic.txt
    exec nginx -p "$PWD" -e stderr -c "$PWD/nginx.conf"
}

values() {
    echo "WATCHWORD_TEST_NGINX_URL=https://127.0.0.1:${port[0]}"
    echo "WATCHWORD_TEST_NGINX_MTLS_URL=https://127.0.0.1:${port[1]}"
    echo "WATCHWORD_TEST_CLIENT_CERT=$tls/client.pem"
    echo "WATCHWORD_TEST_CLIENT_KEY=$tls/client.key"
}
