using System.Linq;
using System.Reflection;

namespace ComputeVoucher.Cli;

/// <summary>Which C libraries are inside: they are linked statically, so that an update of the
/// machine does not reach them, and an operator has to be able to read their versions off.
/// </summary>
internal static class LinkedLibraries
{
    /// <summary>As it says itself, and the package it was linked from.</summary>
    public static string Sqlite => $"SQLite {Storage.Sqlite.Version}{PackageOf("libsqlite3")}";

    /// <summary>It has no function that tells: the version is the one of its pkg-config file, on
    /// the machine and at the time of the build.</summary>
    public static string Secp256k1 =>
        $"libsecp256k1 {Recorded("libsecp256k1") ?? "unknown"}{PackageOf("libsecp256k1")}";

    private static string PackageOf(string library) =>
        Recorded(library + ".package") is { } package ? $" (package {package})" : "";

    private static string? Recorded(string key) => typeof(LinkedLibraries).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(one => one.Key == key && !string.IsNullOrEmpty(one.Value))?.Value;
}
