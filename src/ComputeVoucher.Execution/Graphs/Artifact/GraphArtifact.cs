using System.IO;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Integer graphs as `.cvm` artifacts.</summary>
internal static class GraphArtifact
{
    public static void Save(GraphModel model, Stream destination) => CvmFile.Write(
        destination, CvmFile.Graph, model.ModelRoot, model.Architecture,
        ParameterReader.Write(model.Graph));

    /// <exception cref="ModelException">Damaged: not the model that its root names.</exception>
    public static GraphModel Load(in CvmContents contents)
    {
        ParameterReader parameters = new(contents.Parameters);
        Graph graph = ArchitectureCodec.Decode(contents.Architecture.Span, parameters);
        if (!parameters.AtEnd)
        {
            throw new ModelException("the parameters are damaged: more than the architecture has");
        }

        GraphModel model = new(graph);
        return model.ModelRoot == contents.ModelRoot
            ? model
            : throw new ModelException(
                $"the content has root {model.ModelRoot}, the header says {contents.ModelRoot}: "
                    + "the file is damaged");
    }
}
