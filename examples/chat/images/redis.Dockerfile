FROM scratch
ADD root.tar /
ENV PATH=/usr/bin:/bin
USER 998:998
WORKDIR /data
VOLUME /data
EXPOSE 6379
CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"]
