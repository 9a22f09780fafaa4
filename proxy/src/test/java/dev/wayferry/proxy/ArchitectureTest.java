package dev.wayferry.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.wayferry.posix.Posix;

/** The arrows of the house: down only. */
@AnalyzeClasses(packages = "dev.wayferry", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String WIRE = "dev.wayferry.wire..";
    private static final String POSIX = "dev.wayferry.posix..";
    private static final String BRIDGE = "dev.wayferry.bridge..";
    private static final String PROXY = "dev.wayferry.proxy..";

    @ArchTest
    static final ArchRule wireKnowsNobody =
            noClasses().that().resideInAPackage(WIRE).should().dependOnClassesThat().resideInAnyPackage(
                    POSIX, BRIDGE, PROXY, "java.nio.channels..", "java.util.concurrent..", "org.slf4j..");

    @ArchTest
    static final ArchRule theBridgeKnowsNoVirtio =
            noClasses().that().resideInAnyPackage(BRIDGE, POSIX).should().dependOnClassesThat().resideInAnyPackage(
                    PROXY, "dev.wayferry.wire.gpu..", "dev.wayferry.wire.vhostuser..", "dev.wayferry.wire.virtqueue..",
                    "dev.wayferry.wire.crossdomain..");

    @ArchTest
    static final ArchRule nativeCallsAreMadeInOnePackage =
            noClasses().that().resideOutsideOfPackage(POSIX).should().dependOnClassesThat()
                    .haveFullyQualifiedName("java.lang.foreign.Linker");

    @ArchTest
    static final ArchRule nativeSymbolsAreLookedUpInOnePackage =
            noClasses().that().resideOutsideOfPackage(POSIX).should().dependOnClassesThat()
                    .haveFullyQualifiedName("java.lang.foreign.SymbolLookup");

    @ArchTest
    static final ArchRule whatReadsTheGuestKnowsNoPaths =
            noClasses().that().resideInAnyPackage(
                            WIRE, "..proxy.gpu..", "..proxy.queue..", "..proxy.memory..", "..proxy.vhostuser..",
                            "..proxy.virtio..").should()
                    .dependOnClassesThat().resideInAPackage("java.nio.file..")
                    .orShould().dependOnClassesThat().haveFullyQualifiedName("java.io.File")
                    .orShould().callMethod(Posix.class, "open", String.class, int.class);

    @ArchTest
    static final ArchRule theRingKnowsNoDevice =
            noClasses().that().resideInAnyPackage("..proxy.queue..", "..proxy.memory..").should()
                    .dependOnClassesThat().resideInAnyPackage(
                            "..proxy.gpu..", "..proxy.crossdomain..", "..proxy.vhostuser..", "dev.wayferry.wire.gpu..");

    @ArchTest
    static final ArchRule theDeviceKnowsNoTransport =
            noClasses().that().resideInAnyPackage("..proxy.gpu..", "..proxy.crossdomain..").should()
                    .dependOnClassesThat().resideInAnyPackage("..proxy.vhostuser..", "dev.wayferry.wire.vhostuser..");

    @ArchTest
    static final ArchRule theTransportKnowsNeitherTheGpuNorWayland =
            noClasses().that().resideInAPackage("..proxy.vhostuser..").should().dependOnClassesThat()
                    .resideInAnyPackage("..proxy.gpu..", "..proxy.crossdomain..", "dev.wayferry.wire.gpu..",
                            "dev.wayferry.wire.crossdomain..", "dev.wayferry.wire.wayland..");

    @ArchTest
    static final ArchRule theDeviceKnowsNoKindOfContext =
            noClasses().that().resideInAPackage("..proxy.gpu..").should().dependOnClassesThat()
                    .resideInAnyPackage("..proxy.crossdomain..", "dev.wayferry.wire.wayland..");

    @ArchTest
    static final ArchRule junixsocketCarriesNoData =
            noClasses().that().resideOutsideOfPackage(BRIDGE).should().dependOnClassesThat()
                    .resideInAPackage("org.newsclub..").because("what it opens is handed over as a plain descriptor");

    @ArchTest
    static final ArchRule nothingGoesByAClockThatCanBeSet =
            noClasses().that().resideInAnyPackage(WIRE, POSIX, BRIDGE, PROXY).should()
                    .callMethod(System.class, "currentTimeMillis")
                    .orShould().dependOnClassesThat().resideInAPackage("java.time..")
                    .orShould().dependOnClassesThat().areAssignableTo(java.util.Date.class)
                    .because("no wait may end, or not end, as the host's clock jumps");

    @ArchTest
    static final ArchRule packagesFormNoCircles =
            slices().matching("dev.wayferry.proxy.(*)..").should().beFreeOfCycles();
}
