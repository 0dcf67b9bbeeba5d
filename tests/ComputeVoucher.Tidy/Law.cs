using System;
using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Tidy;

/// <summary>How every law is tested: the repository keeps it, and a sample that breaks it is
/// caught.</summary>
internal static class Law
{
    public static void Holds<T>(IEnumerable<T> items, Func<T, IEnumerable<string>> law)
    {
        string[] broken = [.. items.SelectMany(law)];
        Assert.True(broken.Length == 0, "\n" + string.Join("\n", broken));
    }

    public static void Catches(string code, Func<CSharpFile, IEnumerable<string>> law) =>
        Catches(code, "src/ComputeVoucher.Sample/Internal/Sample.cs", law);

    public static void Catches(
        string code, string path, Func<CSharpFile, IEnumerable<string>> law) =>
        Assert.NotEmpty(law(CSharpFile.Parse(path, code)));

    public static void Allows(string code, Func<CSharpFile, IEnumerable<string>> law) =>
        Assert.Empty(law(CSharpFile.Parse("src/ComputeVoucher.Sample/Internal/Sample.cs", code)));
}
