package dev.wayferry.proxy.crossdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What the way from the compositor writes into the log; the rest is tested with a whole session. */
class ReceiverTest {
    @Test
    void letsNoNameOfAFileBreakALineOfTheLog() {
        assertEquals("/a?name??[2J??? (deleted)", Receiver.printable("/a\nname\r\u001b[2J\u0085\u2028\u202e (deleted)"));
        assertEquals("anon_inode:sync_file", Receiver.printable("anon_inode:sync_file"));
    }
}
