using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>Log event ids are unique in the whole product, and numbers are never used
/// again.</summary>
public sealed partial class LogEventsLaw
{
    [Fact]
    public void LogEventIds_AreUnique() => Law.Holds([Ids(Repository.Shipped)], Repeated);

    [Fact]
    public void ARepeatedId_IsCaught()
    {
        CSharpFile sample = CSharpFile.Parse(
            "a.cs", "[LoggerMessage(7, L)] void A();\n[LoggerMessage(EventId = 7)] void B();");
        Assert.NotEmpty(Repeated(Ids([sample])));
    }

    private static List<(string Id, string Where)> Ids(IEnumerable<CSharpFile> files) =>
    [
        .. from file in files
           from Match match in Message().Matches(file.Text)
           select (match.Groups[1].Value, file.Path),
    ];

    private static IEnumerable<string> Repeated(List<(string Id, string Where)> ids) =>
        from id in ids
        group id by id.Id into same
        where same.Count() > 1
        select $"log event id {same.Key} stands {same.Count()} times: "
            + string.Join(", ", same.Select(s => s.Where).Distinct());

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex Message();
}
