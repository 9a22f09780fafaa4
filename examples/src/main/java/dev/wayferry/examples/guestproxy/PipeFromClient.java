package dev.wayferry.examples.guestproxy;

/**
 * A pipe that the host's programs read and one of the guest's fills: its local read end.
 *
 * @param identifier the host's name for its end
 * @param fd the read end
 * @param flow how much is under way to a reader that is slow
 */
record PipeFromClient(int identifier, int fd, FlowControl flow) {}
