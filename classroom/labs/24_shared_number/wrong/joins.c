/* expects: all responses wait side by side */

static void *response_main(void *argument)
{
    const struct response *response = argument;

    thread_began(response->options->echo ? "echo" : "response", response->number);
    respond(*response);
    thread_ended();
    return NULL;
}

static void start_response(struct response response)
{
    pthread_t thread;

    int error = thread_start(&thread, response_main, &response);
    if (error == 0)
        error = pthread_join(thread, NULL); /* until then response is its own */
    if (error == 0)
        return;
    cannot_start_now(response.number, error);
    respond(response); /* here, and the others wait */
}
