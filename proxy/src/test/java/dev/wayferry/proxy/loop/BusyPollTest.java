package dev.wayferry.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** How long the loop looks before it sleeps, as what came of it before makes it. */
class BusyPollTest {
    private static final long MAX = 80;
    private static final long LONG = 1_000_000;

    private final BusyPoll poll = new BusyPoll(MAX);

    private void sleep(int times, long nanos) {
        for (int i = 0; i < times; i++) {
            poll.slept(nanos);
        }
    }

    @Test
    void aGuestThatNeverStopsDoesNotKeepDescriptorsFromTheirTurn() throws Exception {
        EventLoop.Agent busy = new EventLoop.Agent() {
            @Override
            public boolean doWork() {
                return false;
            }

            @Override
            public boolean hasWork() {
                return true;
            }
        };
        try (Arena arena = Arena.ofConfined();
                Epoll epoll = new Epoll(1, arena);
                OwnedFd event = OwnedFd.of(Posix.eventfd(), "eventfd")) {
            assertEquals(0, epoll.add(event.number(), Epoll.EPOLLIN, 0));
            assertEquals(Long.BYTES, Posix.write(event.number(), arena.allocateFrom(ValueLayout.JAVA_LONG, 1L)));
            int told = 0;
            for (int i = 0; i < BusyPoll.LOOKS_A_CALL; i++) {
                told += poll.await(epoll, busy);
            }
            assertEquals(1, told);
        }
    }

    @Test
    void beginsWithAllItMayLook() {
        assertEquals(MAX, poll.window());
    }

    @Test
    void looksLessAfterFindingNothingSeveralTimesAndAtLastNotAtAll() {
        sleep(BusyPoll.MISSES - 1, LONG);
        assertEquals(MAX, poll.window());
        poll.slept(LONG);
        assertEquals(MAX / 2, poll.window());
        sleep(2 * BusyPoll.MISSES, LONG);
        assertEquals(MAX / 8, poll.window());
        sleep(BusyPoll.MISSES, LONG);
        assertEquals(0, poll.window());
    }

    @Test
    void looksNoLessWhileItFindsSomethingNowAndThen() {
        for (int i = 0; i < 100; i++) {
            sleep(BusyPoll.MISSES - 1, LONG);
            poll.found();
        }
        assertEquals(MAX, poll.window());
    }

    @Test
    void looksLongerAgainWhenThatWouldHaveFoundSomething() {
        sleep(4 * BusyPoll.MISSES, LONG);
        assertEquals(0, poll.window());
        poll.slept(MAX);
        assertEquals(MAX / 8, poll.window());
        sleep(3, MAX);
        assertEquals(MAX, poll.window());
    }

    @Test
    void triesWholeWindowsNowAndThenAndGoesOnIfThatFindsSomething() {
        sleep(4 * BusyPoll.MISSES, LONG);
        for (int i = 0; i < 3; i++) {
            sleep(BusyPoll.TRIAL - 1, LONG);
            assertEquals(0, poll.window());
            poll.slept(LONG);
            assertEquals(MAX, poll.window(), "the trial");
            poll.slept(LONG);
            assertEquals(0, poll.window(), "it found nothing");
        }
        sleep(BusyPoll.TRIAL, LONG);
        poll.found();
        sleep(BusyPoll.MISSES - 1, LONG);
        assertEquals(MAX, poll.window());
    }
}
