/*
 * Logs in over ws1, turns a lamp on and shows the events that arrive.
 *
 *   cc c_client.c -o c_client -lwebsockets -lcrypto     (Debian: libwebsockets-dev, libssl-dev)
 *   ./c_client localhost 8884 admin secret [SECONDS]
 */
#include <libwebsockets.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The driver's vscp key: its first 16 bytes. This is the well-known one of new installations. */
static const unsigned char key[16] = {0x2D, 0xBB, 0x07, 0x9A, 0x38, 0x98, 0x5A, 0xF0,
                                      0x0E, 0xBE, 0xEF, 0xE2, 0x2F, 0x9F, 0xFA, 0x0E};

static const char *user;
static const char *password;
static char outgoing[LWS_PRE + 1024];
static char incoming[8192];
static size_t received;
static struct lws_context *context;
static int is_over;
static int exit_code;

static void say(struct lws *socket, const char *text) {
  snprintf(outgoing + LWS_PRE, sizeof outgoing - LWS_PRE, "%s", text);
  lws_callback_on_writable(socket);
}

/* C;AUTH;<iv>;<crypto>: AES-128-CBC of user:password with the session id as iv. */
static int authenticate(struct lws *socket, const char *sid) {
  unsigned char iv[16];
  unsigned char secret[256];
  char plain[200];
  char text[640];
  int size = 0;
  int rest = 0;
  for (int i = 0; i < 16; i++) {
    if (sscanf(sid + 2 * i, "%2hhx", &iv[i]) != 1) return -1;
  }
  snprintf(plain, sizeof plain, "%s:%s", user, password);
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  if (cipher == NULL) return -1;
  EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), NULL, key, iv);
  EVP_EncryptUpdate(cipher, secret, &size, (unsigned char *)plain, (int)strlen(plain));
  EVP_EncryptFinal_ex(cipher, secret + size, &rest);
  EVP_CIPHER_CTX_free(cipher);
  int length = snprintf(text, sizeof text, "C;AUTH;%.32s;", sid);
  for (int i = 0; i < size + rest; i++) {
    length += snprintf(text + length, sizeof text - (size_t)length, "%02X", secret[i]);
  }
  say(socket, text);
  return 0;
}

/* Each reply leads to the next step; everything else is an event. */
static int on_frame(struct lws *socket, const char *frame) {
  if (strncmp(frame, "+;AUTH0;", 8) == 0) return authenticate(socket, frame + 8);
  if (strncmp(frame, "+;AUTH1", 7) == 0) {
    say(socket, "C;OPEN");
  } else if (strcmp(frame, "+;OPEN") == 0) {
    /* head, class, type, obid, date, time stamp, GUID, data: TurnOn of index 0, zone 1, sub-zone 1 */
    say(socket, "E;96,30,5,0,,,-,0,1,1");
  } else {
    printf("%s\n", frame);
    fflush(stdout);
  }
  if (frame[0] != '-') return 0;
  exit_code = 1;
  return -1;
}

static int on_event(struct lws *socket, enum lws_callback_reasons reason, void *session, void *data,
                    size_t size) {
  (void)session;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_RECEIVE:
      if (received + size >= sizeof incoming) return -1;
      memcpy(incoming + received, data, size);
      received += size;
      if (!lws_is_final_fragment(socket) || lws_remaining_packet_payload(socket) > 0) return 0;
      incoming[received] = '\0';
      received = 0;
      return on_frame(socket, incoming);
    case LWS_CALLBACK_CLIENT_WRITEABLE: {
      const size_t length = strlen(outgoing + LWS_PRE);
      if (length == 0) return 0;
      if (lws_write(socket, (unsigned char *)outgoing + LWS_PRE, length, LWS_WRITE_TEXT) < 0) return -1;
      outgoing[LWS_PRE] = '\0';
      return 0;
    }
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      fprintf(stderr, "no connection: %s\n", data == NULL ? "" : (const char *)data);
      exit_code = 1;
      is_over = 1;
      return -1;
    case LWS_CALLBACK_CLIENT_CLOSED:
      is_over = 1;
      return 0;
    default:
      return 0;
  }
}

static void on_end(lws_sorted_usec_list_t *timer) {
  (void)timer;
  is_over = 1;
  lws_cancel_service(context); /* otherwise the wait for traffic goes on */
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: c_client HOST PORT USER PASSWORD [SECONDS]\n");
    return 2;
  }
  user = argv[3];
  password = argv[4];
  const struct lws_protocols protocols[] = {{"vscp-std", on_event, 0, 4096, 0, NULL, 0},
                                            {NULL, NULL, 0, 0, 0, NULL, 0}};
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols};
  context = lws_create_context(&info);
  if (context == NULL) return 1;
  struct lws_client_connect_info connect = {.context = context,
                                            .address = argv[1],
                                            .host = argv[1],
                                            .port = atoi(argv[2]),
                                            .path = "/ws1",
                                            .protocol = "vscp-std"};
  lws_sorted_usec_list_t timer = {0};
  lws_sul_schedule(context, 0, &timer, on_end, (argc > 5 ? atoi(argv[5]) : 10) * LWS_US_PER_SEC);
  if (lws_client_connect_via_info(&connect) == NULL) is_over = 1;
  while (!is_over) lws_service(context, 0);
  lws_context_destroy(context);
  return exit_code;
}
