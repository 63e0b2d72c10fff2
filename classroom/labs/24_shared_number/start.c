/* expects: each number is given once */

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
    static struct response given; /* it outlives this function */

    given = response;
    int error = thread_start(NULL, response_main, &given);
    if (error == 0)
        return;
    cannot_start_now(response.number, error);
    respond(response); /* here, and the others wait */
}
