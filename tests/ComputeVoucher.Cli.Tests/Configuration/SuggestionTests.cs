
namespace ComputeVoucher.Cli.Tests;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("LISTEN", "listen", 0)]
    public void Edits_Pairs_Levenshtein(string left, string right, int edits) =>
        Assert.Equal(edits, Suggestion.Edits(left, right));

    [Fact]
    public void Nearest_FarFromAll_Null() =>
        Assert.Null(Suggestion.Nearest("something quite different", ["a", "b"]));
}
