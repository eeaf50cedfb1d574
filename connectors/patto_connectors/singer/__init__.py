"""Singer: any tap of singer.io or the Meltano SDK as a source, unmodified, in processes of its own."""
