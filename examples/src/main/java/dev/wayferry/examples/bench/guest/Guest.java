package dev.wayferry.examples.bench.guest;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * What workloads drive: connections to the compositor behind one queue, and one descriptor by which the other side tells
 * that something is finished.
 *
 * <p>Operations are prepared by {@link #query}, {@link #poll} and {@link #send}, shown to the other side together by
 * {@link #kick}, and come back by {@link #next}. Everything by one thread, and nothing is allocated an operation.
 */
public interface Guest extends AutoCloseable {
    /** The most bytes that one SEND takes or one POLL brings. */
    int MAX_PAYLOAD = 3744;

    /** The most SENDs that one connection may have under way. */
    int MAX_SEND_SLOTS = 1024;

    /**
     * Prepares what connects to the compositor and returns the connection's number, from 0. Nothing is waited for: more
     * may be prepared for the connection at once.
     *
     * @param sendSlots how many SENDs it may have under way
     */
    int open(int sendSlots) throws IOException;

    /** Ends a connection and waits for the end. Nothing but a POLL of it may be under way, and nothing of others may end. */
    void close(int connection) throws IOException;

    /** Waits until what {@link #open} has prepared is done. Nothing else may be under way. */
    void finish(int connection) throws IOException;

    /** Where payloads lie. */
    MemorySegment memory();

    /** Where in {@link #memory} the payload of a SEND is to be put. */
    long payload(int connection, int slot);

    /** Where in {@link #memory} lies what the last POLL brought; until the next. */
    long received(int connection);

    /** How many bytes the last POLL brought, 0 at the connection's end. */
    int receivedLength(int connection);

    /** Prepares an operation that the other side finishes without asking anybody. */
    void query(int connection) throws IOException;

    /** Prepares a POLL, which is finished when the compositor has sent something; one a connection. */
    void poll(int connection) throws IOException;

    /** Prepares the first {@code length} bytes of {@link #payload} to be sent to the compositor. */
    void send(int connection, int slot, int length) throws IOException;

    /** Whether so many more operations can be prepared before others are finished. */
    boolean hasRoom(int operations);

    /** Shows the other side what was prepared. */
    void kick();

    /** The next of what is finished, to be read by {@link Finished}, or {@link Finished#NOTHING}. */
    int next() throws IOException;

    /** Waits until something may be finished. */
    void await() throws IOException;

    /** The same for a limited time. */
    void await(long nanos) throws IOException;

    /** Memory that the compositor can be shown. */
    Pictures pictures();

    /** Pipes to and from the compositor. */
    Pipes pipes();

    /** Ends every wait by an error, now and later; from any thread. */
    void fail(IOException why);

    @Override
    void close() throws IOException;
}
