package dev.wayferry.examples.bench.compositor;

/**
 * What benches and their compositor say to each other besides Wayland: messages of an object that every connection has,
 * whose number no client would choose. To what is between it is all bytes.
 */
public final class BenchProtocol {
    /** The object. Below the numbers that a compositor chooses (0xff000000) and above those that clients get to. */
    public static final int OBJECT = 0xfe00_0000;

    /** Bytes before a message's arguments: object, opcode (16 bits), size (16 bits). */
    public static final int HEADER = 8;

    /** Request of any size, answered by {@link #ECHOED} of the same size. */
    public static final int ECHO = 0;

    /** Request of any size: message SEQUENCE of a stream, whose time of arrival goes to {@link Arrivals}. */
    public static final int ARRIVE = 1;

    /** Where the sequence number of {@link #ARRIVE} and {@link #TICK} lies, u32. */
    public static final int SEQUENCE_OFFSET = 8;

    /** Request: a stream of {@link #TICK}. */
    public static final int STREAM = 2;

    /** How many messages, u32. */
    public static final int STREAM_COUNT_OFFSET = 8;
    /** How many of them are due together, u32. */
    public static final int STREAM_BURST_OFFSET = 12;
    /** Nanoseconds from one burst to the next, u64; 0 for as fast as it goes. */
    public static final int STREAM_INTERVAL_OFFSET = 16;
    /** Bytes of each message, a multiple of 4, u32. */
    public static final int STREAM_SIZE_OFFSET = 24;

    public static final int STREAM_LENGTH = 28;

    /** Request, with the end of a pipe: as many bytes of {@link PipePattern} are written to it as it says, then it ends. */
    public static final int PASTE = 3;

    /** How many bytes, u64. */
    public static final int PASTE_COUNT_OFFSET = 8;

    public static final int PASTE_LENGTH = 16;

    /** Request, answered by {@link #PIPE}. */
    public static final int COPY = 4;

    public static final int COPY_LENGTH = 8;

    /** Request: whatever follows it is never read. */
    public static final int STALL = 5;

    public static final int STALL_LENGTH = 8;

    /** Request, answered by {@link #PIPE}, which nothing is ever read from. */
    public static final int CLOG = 6;

    public static final int CLOG_LENGTH = 8;

    /** Event: the answer to {@link #ECHO}, of the same size. */
    public static final int ECHOED = 0;

    /** Event: a message of a stream. */
    public static final int TICK = 1;

    /** When it was due, of {@link System#nanoTime}, which is the same clock in all processes; u64. */
    public static final int TICK_DUE_OFFSET = 16;

    /** The shortest {@link #TICK}. */
    public static final int TICK_LENGTH = 24;

    /** Event, with the end of a pipe: after {@link #COPY}, {@link PipePattern} is expected in it. */
    public static final int PIPE = 2;

    public static final int PIPE_LENGTH = 8;

    /** Event: the pipe has ended. */
    public static final int COPIED = 3;

    /** How many bytes came, u64; {@link #WRONG} if some were not those of the pattern. */
    public static final int COPIED_COUNT_OFFSET = 8;

    public static final int COPIED_LENGTH = 16;

    public static final long WRONG = -1;

    private BenchProtocol() {}
}
