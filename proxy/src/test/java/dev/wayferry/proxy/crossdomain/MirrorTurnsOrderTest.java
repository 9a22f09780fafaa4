package dev.wayferry.proxy.crossdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.loop.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose turn it is, with streams that do nothing else. */
@SuppressWarnings("NullAway.Init") // made before each test
class MirrorTurnsOrderTest {
    private final List<String> told = new ArrayList<>();
    private final MirrorTurns.Stream a = () -> told.add("a");
    private final MirrorTurns.Stream b = () -> told.add("b");
    private final MirrorTurns.Stream c = () -> told.add("c");
    private EventLoop loop;
    private MirrorTurns turns;

    @BeforeEach
    void open() throws PosixException {
        loop = new EventLoop("turns", failure -> {
            throw new AssertionError(failure);
        });
        turns = new MirrorTurns(loop);
    }

    @AfterEach
    void close() {
        loop.endHere();
    }

    private void nextTurn() throws PosixException {
        told.clear();
        loop.turnHere(() -> false);
    }

    private void fill(MirrorTurns.Stream stream) {
        assertTrue(turns.mayGo(stream));
        turns.copied(MirrorTurns.MOST);
    }

    @Test
    void allMayGoUntilSoMuchIsCopiedInATurn() throws PosixException {
        turns.copied(MirrorTurns.MOST - 1);
        assertTrue(turns.mayGo(a) && turns.mayGo(b));
        turns.copied(1);
        assertFalse(turns.mayGo(a) || turns.mayGo(c));
        assertTrue(turns.isWaiting(a) && !turns.isWaiting(b));
        nextTurn();
        assertEquals(List.of("a", "c"), told);
        assertTrue(turns.mayGo(a));
        assertTrue(turns.mayGo(a), "as often as it likes");
        assertTrue(turns.mayGo(c) && turns.mayGo(b));
        nextTurn();
        assertEquals(List.of(), told);
    }

    @Test
    void whoComesFirstIsNotServedBeforeWhoWaitsLonger() throws PosixException {
        fill(a);
        assertFalse(turns.mayGo(a));
        assertFalse(turns.mayGo(b));
        nextTurn();
        assertFalse(turns.mayGo(b), "a waits longer");
        fill(a);
        assertFalse(turns.mayGo(a));
        nextTurn();
        assertFalse(turns.mayGo(a), "b waits longer");
        fill(b);
    }

    @Test
    void whoDoesNotComeInItsTurnHoldsNobodyUp() throws PosixException {
        fill(a);
        assertFalse(turns.mayGo(b));
        assertFalse(turns.mayGo(c));
        nextTurn();
        assertFalse(turns.mayGo(c));
        nextTurn();
        assertEquals(List.of("c"), told);
        assertTrue(turns.mayGo(c));
        assertTrue(turns.mayGo(b));
    }

    @Test
    void whoIsForgottenHoldsNobodyUp() throws PosixException {
        fill(a);
        assertFalse(turns.mayGo(b));
        assertFalse(turns.mayGo(c));
        nextTurn();
        turns.forget(b);
        assertTrue(turns.mayGo(c));
    }
}
