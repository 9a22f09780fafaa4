package dev.wayferry.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The topmost floor's arrows. The floors below have theirs in the host process's tests. */
@AnalyzeClasses(packages = "dev.wayferry", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule theHostProcessIsOnlyRunAsAProcess =
            noClasses().that().resideInAPackage("dev.wayferry.examples..").should()
                    .dependOnClassesThat().resideInAPackage("dev.wayferry.proxy..");

    @ArchTest
    static final ArchRule theHostProcessNeedsNothingOfTheExamples =
            noClasses().that().resideOutsideOfPackage("dev.wayferry.examples..").should()
                    .dependOnClassesThat().resideInAPackage("dev.wayferry.examples..");

    @ArchTest
    static final ArchRule nativeCallsAreMadeInOnePackage =
            noClasses().that().resideOutsideOfPackage("dev.wayferry.posix..").should()
                    .dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.Linker");

    @ArchTest
    static final ArchRule theCompositorKnowsNoGuest =
            noClasses().that().resideInAnyPackage("..examples.compositor..", "..examples.client..").should()
                    .dependOnClassesThat().resideInAnyPackage(
                            "..examples.guestproxy..", "..examples.loopback..", "..examples.drm..", "..examples.virtgpu..");

    @ArchTest
    static final ArchRule theGuestProxyKnowsOnlyWhatAKernelOffers =
            noClasses().that().resideInAPackage("..examples.guestproxy..")
                    .and().doNotHaveSimpleName("GuestProxyCommand").should()
                    .dependOnClassesThat().resideInAnyPackage("..examples.loopback..", "..examples.drm..");
}
